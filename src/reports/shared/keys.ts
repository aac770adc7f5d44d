/** A key of two texts. Neither a path nor a name has the NUL that is between them, whatever else it has. */
export const keyOf = (first: string, second: string): string => `${first}\0${second}`;

/** The texts of a key. */
export const partsOf = (key: string): string[] => key.split("\0");
