import { createHash, randomBytes } from "node:crypto";
import { PawprintError } from "../utils/errors.ts";

const CODE_BYTES = 16;

/** How long the code of a page is valid, and the token that the page receives for it, milliseconds. */
export const pageTimes = { codeMs: 60_000, tokenMs: 30 * 86_400_000 } as const;

/** A new code of 128 bits in base64url. */
export const newCode = (): string => randomBytes(CODE_BYTES).toString("base64url");

/** The SHA-256 of a code or a token in hexadecimal digits; only this is kept. */
export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The error for a code of a page that is wrong in any way. */
export const wrongPageCode = (): PawprintError =>
  new PawprintError(
    "unauthorized",
    "the code of the page is unknown, used or expired",
    "open it again: pawprint open, or pawprint open --hub",
  );
