import { z } from "zod";
import { PawprintError } from "../../utils/errors.ts";
import { ANYONE } from "../identity.ts";
import { route } from "./contract.ts";
import { noParameters } from "./shared/parameters.ts";
import { isoTime } from "./shared/times.ts";

/** Makes a code by which a browser opens the page. */
export const createPageCode = route({
  name: "create-page-code",
  description:
    "makes a code with which a browser can open the page, once and within a minute; it may do at most what the token may",
  method: "POST",
  path: "/api/v1/page-codes",
  scope: "read",
  params: noParameters,
  body: z.strictObject({ scope: z.enum(["read", "admin"]).default("read") }),
  answer: z.object({ code: z.string(), expiresAt: z.string() }),
  run({ body: { scope }, identity }, { tokens }) {
    // Else the page could go on when the hub asks for tokens again.
    if (identity.token === ANYONE)
      throw new PawprintError("bad_usage", "a code is made for who sends a token", "send one, or read without a code");
    const { code, expiresAt } = tokens.pageCode(scope, identity);
    return { status: 201, body: { code, expiresAt: isoTime(expiresAt) } };
  },
});
