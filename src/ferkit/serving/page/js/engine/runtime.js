/** ONNX Runtime for the browser: loaded once, one thread, from this page's own files. */

import { fetchStream } from "./fetch_bytes.js";

const GZIP = [0x1f, 0x8b];

let loading = null;

/**
 * Return ONNX Runtime, loaded at the first call.
 * @param {string} wasmUrl The address of the WebAssembly file, packed by gzip.
 * @param {(share: number) => void} onProgress
 * @param {Promise<Response>} [answer] Of a request for this address that is under way.
 */
export function loadRuntime(wasmUrl, onProgress, answer) {
  loading ??= start(wasmUrl, onProgress, answer).catch((error) => {
    loading = null; // so that the next call tries again
    throw error;
  });
  return loading;
}

async function start(wasmUrl, onProgress, answer) {
  const [ort] = await Promise.all([
    import("../../vendor/ort.wasm.bundle.min.js"),
    compiled(wasmUrl, onProgress, answer).then(useModule),
  ]);
  ort.env.wasm.wasmBinary = new ArrayBuffer(0); // `useModule` has the module
  // A second thread helps an idle machine a little, hurts a busy one much, and needs isolation from other pages.
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.logLevel = "error";
  return ort;
}

/** Unpack and compile the file while it comes; some servers have unpacked it already. */
async function compiled(url, onProgress, answer) {
  const reader = (await fetchStream(url, onProgress, answer)).getReader();
  const { value: head } = await reader.read();
  const stream = new ReadableStream({
    start: (controller) => controller.enqueue(head),
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const packed = head[0] === GZIP[0] && head[1] === GZIP[1];
  const plain = packed ? stream.pipeThrough(new DecompressionStream("gzip")) : stream;
  return WebAssembly.compileStreaming(new Response(plain, { headers: { "Content-Type": "application/wasm" } }));
}

/** ONNX Runtime takes bytes alone and has them compiled; here it gets what was compiled on the way. */
function useModule(module) {
  const instantiate = WebAssembly.instantiate;
  WebAssembly.instantiate = async (_, imports) => {
    WebAssembly.instantiate = instantiate;
    return { module, instance: await instantiate(module, imports) };
  };
}

/** Return a session for the bytes of an ONNX file. Python has optimised it, since that takes half a second here. */
export function openSession(ort, bytes) {
  return ort.InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
  });
}
