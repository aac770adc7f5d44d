import { randomBytes } from "node:crypto";
import { PawprintError } from "../../utils/errors.ts";
import { hashOf, newCode, pageTimes, wrongPageCode } from "../codes.ts";
import type { Identity } from "../identity.ts";
import type { PageCode, PageToken, PageTokens } from "../services.ts";

const TOKEN_BYTES = 32;

/** The codes and tokens of pages in memory: they end with the process. */
export class PageKeys implements PageTokens {
  readonly #now: () => number;
  /** The ends of codes and tokens (epoch ms), by the SHA-256 of their texts. */
  readonly #codes = new Map<string, number>();
  readonly #tokens = new Map<string, number>();

  /** `now` returns epoch milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** A code of 128 bits for one page. */
  pageCode(): PageCode {
    const code = newCode();
    const expiresAt = this.#now() + pageTimes.codeMs;
    this.#codes.set(hashOf(code), expiresAt);
    return { code, expiresAt };
  }

  redeemPage(code: string): PageToken {
    const hash = hashOf(code);
    const end = this.#codes.get(hash) ?? 0;
    this.#codes.delete(hash);
    if (end <= this.#now()) throw wrongPageCode();
    const token = `pawt_${randomBytes(TOKEN_BYTES).toString("base64url")}`;
    const expiresAt = this.#now() + pageTimes.tokenMs;
    this.#tokens.set(hashOf(token), expiresAt);
    return { token, expiresAt };
  }

  identify(token: string): Identity {
    const hash = hashOf(token);
    if ((this.#tokens.get(hash) ?? 0) > this.#now())
      return { token: hash, name: "page", scope: "read", machine: null, person: "" };
    throw new PawprintError("unauthorized", "the token is unknown or expired", "open the page again: pawprint open");
  }
}
