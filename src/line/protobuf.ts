/** Fields of a Protocol Buffers message: of each number the values that have a length, in their order. */
export type Message = ReadonlyMap<number, readonly Uint8Array[]>;

const [VARINT, FIXED_64, WITH_LENGTH, FIXED_32] = [0, 1, 2, 5];

/** The fields of a message, up to the first byte that does not belong to one. Never throws, whatever the bytes are. */
export function fieldsOf(bytes: Uint8Array): Message {
  const fields = new Map<number, Uint8Array[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let read = 0; read < 10; read++) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * read);
      if (byte < 0x80) return value;
    }
    return value;
  };
  while (at < bytes.length) {
    const tag = varint();
    const kind = tag % 8;
    if (kind === VARINT) varint();
    else if (kind === FIXED_64) at += 8;
    else if (kind === FIXED_32) at += 4;
    else if (kind === WITH_LENGTH) {
      const length = varint();
      if (at + length > bytes.length) break;
      const number = Math.floor(tag / 8);
      const known = fields.get(number);
      const value = bytes.subarray(at, at + length);
      if (known) known.push(value);
      else fields.set(number, [value]);
      at += length;
    } else break;
  }
  return fields;
}

/** The values of a field that are messages, texts or bytes; none where it is missing. */
export const messageIn = (message: Message, field: number): readonly Uint8Array[] => message.get(field) ?? [];

/** The last value of a field as text, null where it is missing. */
export function textIn(message: Message, field: number): string | null {
  const bytes = message.get(field)?.at(-1);
  return bytes ? new TextDecoder().decode(bytes) : null;
}
