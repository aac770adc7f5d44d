import { z } from "zod";
import { READ_TOKEN } from "../../cli/ask-report.ts";
import { placeOfHub } from "../../cli/hub-report.ts";
import type { Scope } from "../../hub/identity.ts";
import { addressIn } from "../../hub/store.ts";
import { ownTls } from "../../hub/tls.ts";
import { askHub, type HubAddress, type Trust, trustOf } from "../../sync/hub-address.ts";
import { fingerprintOf } from "../../sync/pin.ts";
import { PawprintError } from "../../utils/errors.ts";
import type { Context } from "../contract.ts";
import { isServed, openHub, OPERATOR } from "../hub/open-hub.ts";

const answerSchema = z.object({ code: z.string().regex(/^[\w-]{1,100}$/) });

/** Where the page of a hub is. */
export interface HubPage {
  readonly address: string;
  /** With a code that lets one browser in, within a minute. */
  readonly pageUrl: string;
  /** That of a certificate of which a browser warns because the hub made it itself, as browsers show it; null for any other. */
  readonly fingerprint: string | null;
}

/**
 * The page of the hub that reports with --hub ask, for a token with a scope. Throws not_found and hub_away if there is no hub that
 * runs, forbidden for a key that may not do this, and what askHub throws.
 */
export async function hubPage(context: Context, scope: Scope): Promise<HubPage> {
  const place = placeOfHub(context);
  if ("url" in place) {
    const trust = await trustOf(place);
    return pageOf(place, await askCode(place, trust, scope), trust.tls?.ca);
  }
  using hub = openHub(context);
  const served = addressIn(hub.ledger);
  if (served === null || !isServed(context)) {
    const hint = "start it: pawprint serve, or pawprint service start serve";
    throw new PawprintError("hub_away", "the hub of this machine is not running", hint);
  }
  const certificate = served.pin === null ? undefined : ownTls(hub.ledger, []).cert;
  return pageOf(served, hub.tokens.pageCode(scope, OPERATOR).code, certificate);
}

const pageOf = ({ url }: Pick<HubAddress, "url">, code: string, certificate: string | undefined): HubPage => ({
  address: url,
  pageUrl: `${url}/#code=${code}`,
  fingerprint: certificate === undefined ? null : fingerprintOf(certificate),
});

async function askCode(hub: HubAddress, trust: Trust, scope: Scope): Promise<string> {
  try {
    const answer = await askHub(hub, "/api/v1/page-codes", trust, JSON.stringify({ scope }));
    return answerSchema.parse(JSON.parse(Buffer.from(answer).toString())).code;
  } catch (error) {
    if (!(error instanceof PawprintError))
      throw new PawprintError("answer_unusable", `${hub.url} sent something that is no code`, UPGRADE, error);
    if (error.code === "forbidden") {
      const hint = scope === "admin" ? "run this on the machine of the hub, or with a key of scope admin" : READ_TOKEN;
      throw new PawprintError("forbidden", error.message, hint, error);
    }
    if (error.code !== "not_found") throw error;
    throw new PawprintError("not_found", `the hub ${hub.url} has no page`, UPGRADE, error);
  }
}

const UPGRADE = "upgrade pawprint on the machine of the hub: pawprint upgrade there prints how";
