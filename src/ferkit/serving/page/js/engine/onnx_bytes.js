/** Where things lie in the bytes of an ONNX file, which is a Protocol Buffers message. */

/** Field number of the graph in a model. */
export const GRAPH = 7;
/** The wire type of text, bytes and messages. */
export const LENGTH_DELIMITED = 2;

/** Return where the messages with this field number lie within another message. */
export function fields(bytes, { start, end }, wanted) {
  const found = [];
  let at = start;
  while (at < end) {
    const tag = at;
    const [key, afterKey] = varint(bytes, at);
    at = afterKey;
    const kind = key & 7;
    if (kind === 0) at = varint(bytes, at)[1];
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const [length, content] = varint(bytes, at);
      at = content + length;
      if (key >>> 3 === wanted) found.push({ tag, start: content, end: at });
    }
  }
  return found;
}

function varint(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}
