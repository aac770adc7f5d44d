/** The value of a reference: another reference, an object, an annotated tag and its target, or null for deleted. */
export type RefValue =
  { readonly to: string } | { readonly id: string } | { readonly tag: string; readonly id: string } | null;

/** The options for writing a table: see https://git-scm.com/docs/reftable. */
export interface TableForm {
  /** 0 writes blocks of varying size without padding. */
  readonly blockSize?: number;
  readonly version?: 1 | 2;
  readonly restartEvery?: number;
  /** Maximum bytes of records in a block. */
  readonly fill?: number;
}

const u24 = (value: number): number[] => [(value >> 16) & 255, (value >> 8) & 255, value & 255];
const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
const hexOf = (text: string): number[] => [...Buffer.from(text, "hex")];

function varint(value: number): number[] {
  const bytes = [value & 127];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(128 | (--rest & 127));
  return bytes;
}

function valueOf(value: RefValue): readonly [kind: number, bytes: number[]] {
  if (value === null) return [0, []];
  if ("to" in value) return [3, [...varint(bytesOf(value.to).length), ...bytesOf(value.to)]];
  return "tag" in value ? [2, [...hexOf(value.tag), ...hexOf(value.id)]] : [1, hexOf(value.id)];
}

/** Encodes a table of references, sorted by name like git; after the references it has only a footer. */
export function tableOf(refs: Readonly<Record<string, RefValue>>, form: TableForm = {}): Uint8Array {
  const { blockSize = 4_096, version = 1, restartEvery = 16, fill = blockSize === 0 ? 200 : blockSize - 400 } = form;
  const size = blockSize > 0 ? blockSize : 0;
  const header = [...bytesOf("REFT"), version, ...u24(size), ...Array.from({ length: 16 }, () => 1)];
  if (version === 2)
    header.push(
      ...bytesOf(Object.values(refs).some((one) => one && "id" in one && one.id.length === 64) ? "s256" : "sha1"),
    );
  const names = Object.keys(refs).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const file = [...header];
  let left = names;
  while (left.length > 0) {
    const start = file.length === header.length ? 0 : file.length;
    const block = start === 0 ? header.length : 0;
    const records: number[] = [];
    const restarts: number[] = [];
    let last: number[] = [];
    let count = 0;
    for (const name of left) {
      if (records.length > fill) break;
      const bytes = bytesOf(name);
      const isRestart = count % restartEvery === 0;
      let prefix = 0;
      if (!isRestart) while (prefix < last.length && last[prefix] === bytes[prefix]) prefix++;
      if (isRestart) restarts.push(block + 4 + records.length);
      const [kind, value] = valueOf(refs[name] ?? null);
      records.push(
        ...varint(prefix),
        ...varint(((bytes.length - prefix) << 3) | kind),
        ...bytes.slice(prefix),
        ...varint(count * 1_000),
        ...value,
      );
      last = bytes;
      count++;
    }
    left = left.slice(count);
    const tail = [...restarts.flatMap(u24), restarts.length >> 8, restarts.length & 255];
    const length = block + 4 + records.length + tail.length;
    file.push(0x72, ...u24(length), ...records, ...tail);
    if (size > 0 && left.length > 0) while (file.length % size !== 0) file.push(0);
  }
  return new Uint8Array([...file, ...header, ...Array.from({ length: 44 }, () => 7)]);
}
