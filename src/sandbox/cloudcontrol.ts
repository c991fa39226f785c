// The eight operations of Cloud Control: https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference
// Each takes a checked request and answers, or throws ApiError; the server has opened a transaction and settled
// what was due.

import type { OperationName } from './input.ts';
import type { JsonObject } from './json.ts';
import { cancelResourceRequest, createResource, deleteResource, updateResource } from './mutations.ts';
import { getResource, getResourceRequestStatus, listResourceRequests, listResources } from './queries.ts';
import type { Answer, World } from './world.ts';

type Handler = (world: World, input: JsonObject) => Answer;

export const OPERATIONS: Readonly<Record<OperationName, Handler>> = {
  CreateResource: createResource,
  UpdateResource: updateResource,
  DeleteResource: deleteResource,
  GetResource: getResource,
  ListResources: listResources,
  GetResourceRequestStatus: getResourceRequestStatus,
  ListResourceRequests: listResourceRequests,
  CancelResourceRequest: cancelResourceRequest,
};
