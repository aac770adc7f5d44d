import { encodeBody } from "../../../src/model/body.ts";
import type { EventsFrame } from "../../../src/model/wire.ts";
import type { Hub } from "../../../src/hub/Hub.ts";
import { plainAction, plainResponse } from "../../ledger/sample.ts";
import { joined, NOW } from "../harness.ts";

const MINUTE_MS = 60_000;

/** The rows of one session of a machine: two responses of 100 and 50 tokens, a prompt and a tool use. */
export const sampleFrame = (prefix: string, at = NOW - 10 * MINUTE_MS): EventsFrame => ({
  type: "events",
  epoch: "e1",
  from: 0,
  upto: 5,
  groups: [
    {
      source: "claude-code",
      reader: 1,
      level: "details",
      rows: [
        [
          `response:${prefix}1`,
          encodeBody("response", { ...plainResponse, session: `${prefix}-s`, at: at + 1_000, input: 60, output: 40 }),
        ],
        [
          `response:${prefix}2`,
          encodeBody("response", { ...plainResponse, session: `${prefix}-s`, at: at + 5_000, input: 30, output: 20 }),
        ],
        [
          `action:${prefix}p`,
          encodeBody("action", { ...plainAction, session: `${prefix}-s`, action: "prompt", at, name: "", length: 12 }),
        ],
        [
          `action:${prefix}t`,
          encodeBody("action", {
            ...plainAction,
            session: `${prefix}-s`,
            at: at + 2_000,
            ended: at + 3_000,
            ok: true,
            duration: 1_000,
          }),
        ],
        [
          `session:${prefix}-s`,
          encodeBody("session", {
            session: `${prefix}-s`,
            project: plainResponse.project,
            branch: "main",
            agent: "",
            first: at,
            last: at + 5_000,
            reason: null,
            version: "2.1.0",
          }),
        ],
      ],
    },
  ],
});

/** A hub's machine with one session. */
export async function machineWithSession(hub: Hub, name: string): Promise<string> {
  const { machine, ask } = joined(hub, name);
  const answer = await ask(sampleFrame(name.replaceAll(/\W+/g, "-")));
  if (answer?.type !== "ack" || answer.refused) throw new Error(`not stored: ${JSON.stringify(answer)}`);
  return machine;
}
