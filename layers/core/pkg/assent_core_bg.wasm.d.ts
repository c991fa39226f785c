/* tslint:disable */
/* eslint-disable */
export const memory: WebAssembly.Memory;
export const __wbg_engine_free: (a: number, b: number) => void;
export const consensus: (a: any) => [number, number, number];
export const consult: (a: any) => [number, number, number];
export const drift: (a: any) => [number, number, number];
export const engine_durationScale: (a: number) => [number, number];
export const engine_handle: (a: number, b: number, c: number, d: number) => [number, number, number, number];
export const engine_new: (a: number, b: number, c: number, d: number) => [number, number, number];
export const engine_payload: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
export const engine_replay: (a: number, b: number, c: number) => [number, number];
export const inspect: (a: number, b: number) => [number, number, number];
export const plan: (a: number, b: number, c: any) => [number, number, number];
export const resourceSchema: (a: number, b: number) => [number, number];
export const rules: () => [number, number, number];
export const scan: (a: number, b: number, c: any) => [number, number, number];
export const simulate: (a: number, b: number, c: any) => [number, number, number];
export const sketchFromCounts: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number];
export const sketchMerge: (a: number, b: number, c: number, d: number) => [number, number];
export const sketchSummary: (a: number, b: number, c: number, d: number) => [number, number, number];
export const __wbindgen_malloc: (a: number, b: number) => number;
export const __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
export const __wbindgen_free: (a: number, b: number, c: number) => void;
export const __wbindgen_exn_store: (a: number) => void;
export const __externref_table_alloc: () => number;
export const __wbindgen_externrefs: WebAssembly.Table;
export const __externref_table_dealloc: (a: number) => void;
export const __wbindgen_start: () => void;
