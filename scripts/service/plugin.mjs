// Plugin of osls: before it packages, our bundles take the place of its own zipping of the whole folder.
// A function's `handler` is `functions/<name>/<module>.<export>` in serverless.yml, as its source lies; in its package the
// module lies at the top. Named by serverless.yml.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { functionPackage, layerPackage } from './bundle.mjs';
import { serviceConfig } from './config.mjs';

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
