/** A key of several texts. Neither a path nor a name has the NUL that is between them, whatever else it has. */
export const keyOf = (...parts: readonly string[]): string => parts.join("\0");

/** The texts of a key. */
export const partsOf = (key: string): string[] => key.split("\0");
