import { PawprintError } from "../utils/errors.ts";
import { clean } from "../utils/terminal.ts";
import type { Command, Context } from "./contract.ts";
import { openBrowser } from "./open/browser.ts";
import { hubPage } from "./open/hub-page.ts";
import { serveOwnPage } from "./open/own-page.ts";

/** Opens the page in a browser: this machine's own ledger, or a hub. */
export const open: Command = {
  name: "open",
  purpose: "display",
  description: "open the page in a browser: today, limits, usage, machines and sessions, live; Ctrl-C ends it",
  options: [
    { name: "hub", description: "open the page of the hub: all machines; the command ends at once" },
    { name: "admin", description: "with --hub: a page that may also invite, rename and revoke machines" },
    { name: "port", value: "number", description: "port on this machine to serve it on; any free one if missing" },
    { name: "no-browser", description: "print the address, and open no browser" },
    { name: "print-url", description: "also print the address with its code; it works once, within a minute" },
  ],
  examples: [
    { args: "open", description: "show this machine's usage in the browser" },
    { args: "open --hub", description: "show the usage of all machines of the hub" },
    { args: "open --port 7298 --no-browser", description: "serve it for a browser that reaches it by ssh -L" },
  ],
  related: ["live", "overview", "serve"],
  async run(context) {
    const { options, warn } = context;
    const isHub = options["hub"] === true;
    if (isHub && options["port"] !== undefined)
      throw new PawprintError("bad_usage", "open --hub takes no --port", "the hub has an address of its own");
    if (!isHub && options["admin"] === true)
      throw new PawprintError("bad_usage", "--admin is for the page of a hub", "pawprint open --hub --admin");
    const port = portOf(options["port"]);
    if (!isHub) {
      await serveOwnPage(context, port, (address, pageUrl) =>
        show(context, pageUrl, `the page of this machine's usage is at ${address} until Ctrl-C`),
      );
      return 0;
    }
    const { address, pageUrl, fingerprint } = await hubPage(context, options["admin"] === true ? "admin" : "read");
    if (fingerprint !== null)
      warn(`the hub made its certificate itself, and the browser warns of it. Go on only if it shows a certificate with the
SHA-256 fingerprint ${fingerprint}`);
    await show(context, pageUrl, `the page of the hub is at ${clean(address)}`);
    return 0;
  },
};

/** Opens the page, or prints its address with the code where nothing opens it. */
async function show({ env, options, print }: Context, pageUrl: string, where: string): Promise<void> {
  const isAsked = options["print-url"] === true || options["no-browser"] === true;
  print(isAsked ? `${where}\nopen within a minute, once: ${clean(pageUrl)}` : where);
  if (options["no-browser"] === true || (await openBrowser(pageUrl, env)) || isAsked) return;
  print(`no browser could be opened here; open within a minute, once: ${clean(pageUrl)}`);
}

function portOf(given: string | true | undefined): number {
  if (given === undefined) return 0;
  const port = /^\d{1,5}$/.test(String(given)) ? Number(given) : Number.NaN;
  if (port <= 65_535) return port;
  throw new PawprintError("bad_usage", `invalid value for --port: "${clean(String(given))}"`, "from 0 to 65535");
}
