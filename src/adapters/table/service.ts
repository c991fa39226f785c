// What the service keeps besides the store, over one table and one place for blobs.
import type { Deployments, Feeds, Inquiries, Scans, Submissions, Vault } from '../../app/ports/service.ts';
import type { Blobs } from '../../app/ports.ts';
import type { DataKeys } from './data-keys.ts';
import { TableDeployments } from './deployments.ts';
import { TableFeeds } from './feeds.ts';
import { TableInquiries } from './inquiries.ts';
import { TableScans } from './scans.ts';
import { TableSubmissions } from './submissions.ts';
import type { Table } from './table.ts';
import { TableVault } from './vault.ts';

export interface ServicePorts {
  submissions: Submissions;
  vault: Vault;
  deployments: Deployments;
  inquiries: Inquiries;
  feeds: Feeds;
  scans: Scans;
}

export interface ServicePortsOptions {
  /** ms since the epoch. */
  now: () => number;
  /** What NoEcho values are sealed with. */
  dataKeys: DataKeys;
}

/** All of them; they are closed with the table. */
export function servicePortsOn(table: Table, blobs: Blobs, { now, dataKeys }: ServicePortsOptions): ServicePorts {
  return {
    submissions: new TableSubmissions(table, blobs),
    vault: new TableVault(table, dataKeys, now),
    deployments: new TableDeployments(table, blobs),
    inquiries: new TableInquiries(table, blobs),
    feeds: new TableFeeds(table, blobs, now),
    scans: new TableScans(table, blobs),
  };
}
