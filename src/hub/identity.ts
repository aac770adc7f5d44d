/** What a token allows: `machine` writes and forgets the rows of its own machine, `write` uploads, `read` reads, `admin` does everything. */
export const scopes = ["read", "write", "admin", "machine"] as const;
/** One of scopes. */
export type Scope = (typeof scopes)[number];

/** Who sends a request, by the token that came with it. Nothing in a body can change it. */
export interface Identity {
  /** Id of the token; "local" for a process that has the hub's file itself, "anyone" with --no-auth. */
  readonly token: string;
  /** The token's name, for the audit log. */
  readonly name: string;
  readonly scope: Scope;
  /** Id of the machine that the token belongs to; null for a token of a person or a program. */
  readonly machine: string | null;
  /** The person that the token or the machine belongs to; "" if none is named. */
  readonly person: string;
}

/** What stands for the token of who sends none. */
export const ANYONE = "anyone";

/** Who asks without a token. */
export const anyone = (scope: Scope): Identity => ({
  token: ANYONE,
  name: ANYONE,
  scope,
  machine: null,
  person: "",
});

/** Whether a token with one scope may do what needs another; `admin` includes `read` and `write`. */
export const allows = (has: Scope, needs: Scope): boolean =>
  has === needs || (has === "admin" && (needs === "read" || needs === "write"));
