/** ONNX Runtime for the browser: loaded once, one thread, from this page's own files. */

import { fetchBytes } from "./fetch_bytes.js";

const GZIP = [0x1f, 0x8b];

let loading = null;

/**
 * Return ONNX Runtime, loaded at the first call.
 * @param {string} wasmUrl The address of the WebAssembly file, packed by gzip.
 * @param {(share: number) => void} onProgress
 */
export function loadRuntime(wasmUrl, onProgress) {
  loading ??= start(wasmUrl, onProgress).catch((error) => {
    loading = null; // so that the next call tries again
    throw error;
  });
  return loading;
}

async function start(wasmUrl, onProgress) {
  const [ort, wasm] = await Promise.all([
    import("../../vendor/ort.wasm.bundle.min.js"),
    fetchBytes(wasmUrl, onProgress).then(unpacked),
  ]);
  ort.env.wasm.wasmBinary = wasm;
  // A second thread helps an idle machine a little, hurts a busy one much, and needs isolation from other pages.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = "error";
  return ort;
}

/** Return the bytes as they were before gzip; some servers have unpacked them already. */
async function unpacked(bytes) {
  if (bytes[0] !== GZIP[0] || bytes[1] !== GZIP[1]) return bytes.buffer;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** Return a session for the bytes of an ONNX file. */
export function openSession(ort, bytes) {
  return ort.InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
}
