import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { localLink } from "../../src/hub/local-link.ts";
import { HubSession } from "../../src/hub/session.ts";
import { prepare } from "../../src/ledger/fold/prepare.ts";
import { Ledger } from "../../src/ledger/sqlite/Ledger.ts";
import type { AnyFrame, Frame, FrameType } from "../../src/model/wire.ts";
import type { Observation } from "../../src/model/observation.ts";
import { hubIdOf } from "../../src/sync/login-file.ts";
import { HubSender } from "../../src/sync/HubSender.ts";
import type { OpenLink } from "../../src/sync/link.ts";
import { type Environment, readSettings } from "../../src/utils/config.ts";
import { placesOf } from "../../src/utils/paths.ts";
import { hubOf, joined, StepClock } from "../hub/harness.ts";
import { plainAction, plainResponse } from "../ledger/sample.ts";

/** A response in a project, in a session of its own for each project. */
export const response = (id: string, project: string): Observation => ({
  kind: "response",
  key: `response:${id}`,
  body: { ...plainResponse, project, session: `s ${project.slice(3)}`, input: 10 },
});
/** A change of a file in a project. */
export const change = (id: string, project: string): Observation => ({
  kind: "action",
  key: `action:file:${id}`,
  body: {
    ...plainAction,
    project,
    session: `s ${project.slice(3)}`,
    action: "file",
    target: `${project}/a.ts`,
    added: 1,
  },
});

/** A machine with a ledger and a home, and the hub that it has joined. */
export function joinedMachine(env: Environment = {}) {
  const folder = mkdtempSync(joinPath(tmpdir(), "pawprint-sync-"));
  const made = hubOf();
  const { hub } = made;
  const { machine, token } = joined(hub, "laptop");
  const ledger = new Ledger(joinPath(folder, "ledger.db"), () => "laptop");
  const places = placesOf({ HOME: folder }, "/nowhere");
  const add = (...observations: Observation[]): void =>
    void ledger.ingest({
      source: "codex",
      entries: prepare(ledger.machine, "codex", observations),
      skipped: [],
      restarted: [],
      files: [],
    });
  const clock = new StepClock();
  const senderWith = (more: Environment = {}): HubSender => {
    const { settings } = readSettings([{ ...env, ...more }]);
    const identity = { hub: hubIdOf(hub.key), key: hub.key, machine, name: "laptop", program: "1" };
    return new HubSender({ ledger, identity, settings, places, clock, random: () => 0 });
  };
  const open = (): OpenLink => localLink(hub, hub.tokens.identify(token));
  const sync = async (more: Environment = {}, link = open()): Promise<HubSender> => {
    const sender = senderWith(more);
    await sender.runner(link).untilDone(3);
    sender.save();
    sender.client.end();
    return sender;
  };
  const atHub = (): string[] =>
    hub.ledger.database
      .query<{ row: string }, []>("SELECT key || ' ' || level || ' ' || body AS row FROM journal ORDER BY key, body")
      .all()
      .map(({ row }) => row);
  const ask = async <Type extends FrameType>(frame: AnyFrame, type: Type): Promise<Frame<Type>> => {
    const answers: AnyFrame[] = [];
    const session = new HubSession(hub, hub.tokens.identify(token), (answer) => answers.push(answer));
    await session.receive(frame);
    session.close();
    const [answer] = answers;
    if (answer?.type !== type) throw new Error(JSON.stringify(answer));
    return answer as Frame<Type>;
  };
  const dispose = (): void => {
    ledger[Symbol.dispose]();
    made[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  };
  return { hub, ledger, machine, places, add, sync, senderWith, atHub, ask, open, [Symbol.dispose]: dispose };
}
