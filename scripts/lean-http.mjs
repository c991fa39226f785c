// Plugin of esbuild: node:http is taken as `require` gives it, never by `import`. An `import` of a module of Node's own reads
// every one of its exports, and of node:http some load all of undici, the fetch that most commands never call: a process that has just
// started holds 56 MB in place of 45 (Node 24.21).
export const leanHttp = {
  name: 'lean-http',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'http', namespace: 'lean-http' }));
    onLoad({ filter: /./, namespace: 'lean-http' }, () => ({
      contents: `module.exports = process.getBuiltinModule('node:http');`,
    }));
  },
};
