const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Finds the end of the first complete JSON object in bytes that arrive in chunks. */
export class ObjectScanner {
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** Scans the next bytes; returns the index after the object's closing brace, or -1 if it has not arrived yet. */
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

/** The document on stdin, or the reason why there is none. */
export type Input =
  { readonly document: unknown } | { readonly problem: "no input" | "input cut short" | "input too large" | "no JSON" };

/**
 * Reads the first complete JSON object of a stream without waiting for its end: the writer may keep the stream open forever.
 * Gives up when no byte arrives within `deadlineMs`, when no complete object arrives within `deadlineMs` after the first byte,
 * at the end of the stream, and above `cap` bytes.
 */
export async function readDocument(
  stream: ReadableStream<Uint8Array>,
  deadlineMs = 3_000,
  cap = 16_777_216,
): Promise<Input> {
  const reader = stream.getReader();
  let giveUp = (): void => undefined;
  let timer = setTimeout(() => giveUp(), deadlineMs);
  // Not Promise.race with one deadline promise: that would retain something of every read until the end.
  const next = (): Promise<StdinChunk> =>
    new Promise((resolve, reject) => {
      giveUp = () => resolve(null);
      reader.read().then(resolve, reject);
    });
  try {
    const first = await next();
    clearTimeout(timer);
    timer = setTimeout(() => giveUp(), deadlineMs);
    // The document is nearly always one chunk; the native parser then takes a tenth of the time of the scan.
    const whole = first?.value && parse(first.value);
    if (whole && "document" in whole) return whole;
    return await scan(first, next, cap);
  } catch {
    return { problem: "no input" };
  } finally {
    clearTimeout(timer);
  }
}

type StdinChunk = { readonly value?: Uint8Array | undefined; readonly done: boolean } | null;

async function scan(first: StdinChunk, next: () => Promise<StdinChunk>, cap: number): Promise<Input> {
  const scanner = new ObjectScanner();
  // One buffer that doubles, because a writer may send single bytes: an array of chunks would take a hundred times the memory.
  let bytes = new Uint8Array(first?.value?.length ?? 0);
  let size = 0;
  for (let chunk = first; chunk?.value; chunk = await next()) {
    const { value } = chunk;
    if (size + value.length > cap) return { problem: "input too large" };
    if (size + value.length > bytes.length) {
      const larger = new Uint8Array(Math.min(Math.max(bytes.length * 2, size + value.length, 4_096), cap));
      larger.set(bytes.subarray(0, size));
      bytes = larger;
    }
    bytes.set(value, size);
    const end = scanner.push(value);
    if (end !== -1) return parse(bytes.subarray(0, size + end));
    size += value.length;
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
