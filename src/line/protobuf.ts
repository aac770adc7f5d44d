/** Fields of a Protocol Buffers message: its length-delimited values by field number, in order. */
export type ProtobufMessage = ReadonlyMap<number, readonly Uint8Array[]>;

const [VARINT, FIXED_64, WITH_LENGTH, FIXED_32] = [0, 1, 2, 5];

/** Parses the fields of a message, up to the first invalid byte. Never throws. */
export function fieldsOf(bytes: Uint8Array): ProtobufMessage {
  const fields = new Map<number, Uint8Array[]>();
  let offset = 0;
  const varint = (): number => {
    let value = 0;
    for (let read = 0; read < 10; read++) {
      const byte = bytes[offset++] ?? 0;
      value += (byte & 0x7f) * 2 ** (7 * read);
      if (byte < 0x80) return value;
    }
    return value;
  };
  while (offset < bytes.length) {
    const tag = varint();
    const wireType = tag % 8;
    if (wireType === VARINT) varint();
    else if (wireType === FIXED_64) offset += 8;
    else if (wireType === FIXED_32) offset += 4;
    else if (wireType === WITH_LENGTH) {
      const length = varint();
      if (offset + length > bytes.length) break;
      const number = Math.floor(tag / 8);
      const known = fields.get(number);
      const value = bytes.subarray(offset, offset + length);
      if (known) known.push(value);
      else fields.set(number, [value]);
      offset += length;
    } else break;
  }
  return fields;
}

/** Returns the values of a field (messages, strings or bytes); empty when it is missing. */
export const valuesIn = (message: ProtobufMessage, field: number): readonly Uint8Array[] => message.get(field) ?? [];

/** Returns the last value of a field as text; null when it is missing. */
export function textIn(message: ProtobufMessage, field: number): string | null {
  const bytes = message.get(field)?.at(-1);
  return bytes ? new TextDecoder().decode(bytes) : null;
}
