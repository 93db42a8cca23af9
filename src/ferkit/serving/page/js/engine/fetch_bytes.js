/** A file of this page as bytes, or as they come. */

/**
 * @param {string} url
 * @returns {Promise<Uint8Array>}
 */
export async function fetchBytes(url) {
  return new Uint8Array(await new Response(await fetchStream(url)).arrayBuffer());
}

/**
 * @param {string} url
 * @param {(share: number) => void} [onProgress] Is told the share that has come, 0..1, where the size is known.
 * @param {Promise<Response>} [answer] Of a request that is under way.
 * @returns {Promise<ReadableStream<Uint8Array>>}
 */
export async function fetchStream(url, onProgress = () => {}, answer = fetch(url)) {
  let response;
  try {
    response = await answer;
  } catch {
    throw new Error(`The file ${nameOf(url)} cannot be reached; check the connection and try again.`);
  }
  if (!response.ok) {
    throw new Error(`The file ${nameOf(url)} is missing here (${response.status}); write the page again.`);
  }
  const total = Number(response.headers.get("Content-Length"));
  let length = 0;
  const count = new TransformStream({
    transform(piece, controller) {
      length += piece.length;
      if (total) onProgress(Math.min(length / total, 1));
      controller.enqueue(piece);
    },
  });
  return response.body.pipeThrough(count);
}

function nameOf(url) {
  return new URL(url, self.location.href).pathname.split("/").pop();
}
