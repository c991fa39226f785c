// Plugin of osls: before it packages, our bundles take the place of its own zipping of the whole folder.
// A function's `handler` is `functions/<name>/<module>.<export>` in serverless.yml, as its source lies; in its package the
// module lies at the top. Named by serverless.yml.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { functionPackage, layerPackage } from './bundle.mjs';
import { serviceConfig } from './config.mjs';

// Below what AWS runs of a Distributed Map: more targets than that are in no deployment.
const MOST_AT_ONCE = 500;

export default class Bundles {
  constructor(serverless) {
    const { service } = serverless;
    const folder = join(serverless.serviceDir, '.osls');
    const write = (name, contents) => {
      mkdirSync(folder, { recursive: true });
      const file = join(folder, `${name}.zip`);
      writeFileSync(file, contents);
      return file;
    };
    const bundle = async () => {
      bound(service);
      const config = serviceConfig(serverless.serviceDir, service.custom.config);
      for (const [name, one] of Object.entries(service.functions)) {
        const [, place, module, exported] = /^functions\/([\w-]+)\/([\w-]+)\.(\w+)$/.exec(one.handler) ?? [];
        if (place === undefined) throw new Error(`${name}: its handler is not functions/<name>/<module>.<export>`);
        one.package = { artifact: write(name, await functionPackage(place, [module], config)) };
        one.handler = `${module}.${exported}`;
      }
      service.layers.core.package = { artifact: write('layer-core', layerPackage()) };
    };
    this.hooks = {
      'before:package:createDeploymentArtifacts': bundle,
      'before:deploy:function:packageFunction': bundle,
    };
  }
}

/** The bound of many targets: a literal of the state machine, and a parameter on the command line is a text. */
function bound({ resources, functions }) {
  const { Definition } = resources.Resources.Machine.Properties;
  const wanted = functions.worker.environment.ASSENT_FAN_OUT;
  const atOnce = Number(wanted);
  if (!Number.isInteger(atOnce) || atOnce < 1 || atOnce > MOST_AT_ONCE) {
    throw new Error(`fanOut is ${wanted}: it is a whole number from 1 to ${MOST_AT_ONCE}`);
  }
  Definition.States['Many targets'].MaxConcurrency = atOnce;
}
