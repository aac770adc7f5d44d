const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Finds the end of the first complete JSON object in bytes that come in pieces. */
export class ObjectScanner {
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** Takes the next bytes; returns the index just behind the object's closing brace, or -1 when it has not come yet. */
  push(bytes: Uint8Array): number {
    for (let index = 0; index < bytes.length; index++) {
      const byte = bytes[index];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (byte === QUOTE) this.#inString = this.#depth > 0;
      else if (byte === OPEN) this.#depth++;
      else if (byte === CLOSE && this.#depth > 0 && --this.#depth === 0) return index + 1;
    }
    return -1;
  }
}

/** How stdin ended: with a document, or why there is none. */
export type Input =
  { readonly document: unknown } | { readonly problem: "no input" | "input cut short" | "input too large" | "no JSON" };

/**
 * The first complete JSON object on a stream, as soon as it is complete: the writer may keep the stream open for ever.
 * Gives up after `deadlineMs` without one, at the end of the stream, or above `cap` bytes.
 */
export async function readDocument(
  stream: ReadableStream<Uint8Array>,
  deadlineMs = 150,
  cap = 16_777_216,
): Promise<Input> {
  const reader = stream.getReader();
  let timer: Timer | undefined;
  const deadline = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, deadlineMs, null);
  });
  try {
    const first = await Promise.race([reader.read(), deadline]);
    // Nearly always the document is one chunk; the native parser then costs a tenth of scanning it here.
    const whole = first?.value && parse(first.value);
    if (whole && "document" in whole) return whole;
    return await scan(first, () => Promise.race([reader.read(), deadline]), cap);
  } catch {
    return { problem: "no input" };
  } finally {
    clearTimeout(timer);
  }
}

type Chunk = { readonly value?: Uint8Array | undefined; readonly done: boolean } | null;

async function scan(first: Chunk, next: () => Promise<Chunk>, cap: number): Promise<Input> {
  const scanner = new ObjectScanner();
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (let chunk = first; chunk?.value; chunk = await next()) {
    const end = scanner.push(chunk.value);
    pieces.push(end === -1 ? chunk.value : chunk.value.subarray(0, end));
    size += chunk.value.length;
    if (size > cap) return { problem: "input too large" };
    if (end !== -1) return parse(Buffer.concat(pieces));
  }
  return { problem: size === 0 ? "no input" : "input cut short" };
}

function parse(bytes: Uint8Array): Input {
  try {
    const text = new TextDecoder().decode(bytes);
    const start = text.indexOf("{");
    return start === -1 ? { problem: "no JSON" } : { document: JSON.parse(text.slice(start)) };
  } catch {
    return { problem: "no JSON" };
  }
}
