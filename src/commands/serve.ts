import { namesOf } from "../hub/addresses.ts";
import { Reader } from "../hub/reader/Reader.ts";
import { Retention } from "../hub/Retention.ts";
import { HubServer } from "../hub/server.ts";
import { putAddress } from "../hub/store.ts";
import { isLoopback } from "../sync/hub-url.ts";
import { fileTls, ownTls, type ServerTls } from "../hub/tls.ts";
import type { Hub } from "../hub/Hub.ts";
import { messageOf, PawprintError } from "../utils/errors.ts";
import { type Lock, tryLock } from "../utils/lock.ts";
import { hubPath, serveLock } from "../utils/paths.ts";
import { clean } from "../utils/terminal.ts";
import type { Command } from "./contract.ts";
import { makeHub } from "./hub/open-hub.ts";
import { readServeOptions, type ServeOptions, serveOptionList } from "./hub/serve-options.ts";
import { sendOwnUsage } from "./hub/own-machine.ts";

const DAY_MS = 86_400_000;

/** Runs the hub of this machine until it is interrupted. */
export const serve: Command = {
  name: "serve",
  purpose: "hub",
  description:
    "run a hub until interrupted: other machines send their usage to it, and every report can be asked over all of them",
  options: serveOptionList,
  examples: [
    { args: "serve", description: "a hub for programs on this machine, or behind a reverse proxy on it" },
    { args: "serve --host 0.0.0.0", description: "a hub for the network, with a certificate that it makes itself" },
    { args: "serve --url https://hub.example", description: "behind a reverse proxy that has a certificate" },
  ],
  related: ["invite", "open", "machines", "token", "service"],
  async run(context) {
    const { clock, entryFile, places, print, settings, warn } = context;
    const options = readServeOptions(context);
    const path = hubPath(settings, places);
    using held = new DisposableStack();
    const hub = held.use(makeHub(context, (error) => warn(`pawprint: ${clean(messageOf(error), 1_000)}`)));
    held.use(lockOf(path));
    const reader = held.use(
      new Reader({
        entryFile,
        store: path,
        pets: places.pets,
        now: () => clock.now(),
        keepDays: (intervals) => hub.ledger.keepDays(intervals),
      }),
    );
    const tls = await tlsOf(hub, options);
    const server = new HubServer(hub, {
      ...options,
      tls,
      page: async () => (await import("../hub/page/bundled.ts")).bundledPage(),
      read: (...asked) => reader.ask(...asked),
    });
    putAddress(hub.ledger, { url: hub.url, pin: tls?.pin ?? null });
    // In one piece: a script that reads the first line only, and then closes the pipe, does not end the hub.
    print(
      [
        `listening on ${server.address}`,
        `  the hub's file is ${path}`,
        "  its page is opened here by: pawprint open --hub",
        ...(hub.url === server.address ? [] : [`  machines use ${hub.url}`]),
        isLoopback(new URL(hub.url).hostname)
          ? "  only this machine reaches it; for others: pawprint serve --host 0.0.0.0, or --url ADDRESS"
          : "  to add a machine, run here: pawprint invite NAME",
      ].join("\n"),
    );
    const retention = new Retention(hub.ledger, clock, options.keepDays);
    const prune = (): void => void retention.run().catch((error: unknown) => hub.failed(error));
    const timer = setInterval(prune, DAY_MS);
    prune();
    hub.lowering.resume();
    const stop = new AbortController();
    const own = sendOwnUsage(context, hub, stop.signal).catch((error: unknown) => {
      warn(`pawprint: this machine's own usage is not sent: ${clean(messageOf(error), 500)}`);
    });
    await untilStopped();
    clearInterval(timer);
    stop.abort();
    await own;
    retention.stop();
    await server.stop();
    return 0;
  },
};

/** Throws busy if another process serves this hub. */
function lockOf(path: string): Lock & Disposable {
  const lock = tryLock(serveLock(path));
  if (lock) return { ...lock, [Symbol.dispose]: () => lock.release() };
  throw new PawprintError("busy", "the hub of this machine is already running", "see: pawprint machines");
}

async function tlsOf(hub: Hub, { files, host, isPlain, url }: ServeOptions): Promise<ServerTls | null> {
  if (files) return fileTls(files.cert, files.key);
  return isPlain ? null : ownTls(hub.ledger, namesOf(host, url));
}

/** Resolves when the process is asked to end. */
function untilStopped(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once("SIGTERM", () => resolve());
  process.once("SIGINT", () => resolve());
  return promise;
}
