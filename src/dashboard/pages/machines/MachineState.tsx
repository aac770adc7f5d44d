import type { MachinesJson } from "../../../reports/shared/hub/machines.ts";
import type { PageReport } from "../../client/reports.ts";
import { Value } from "../../parts/Value.tsx";
import { UNKNOWN } from "../../text.ts";

/** A machine in the JSON of the report. */
export type MachineEntry = MachinesJson["machines"][number];

/** A machine, and where it is in the report. */
interface Place {
  readonly report: PageReport;
  readonly machine: MachineEntry;
  /** The field of the machine, such as machines.0. */
  readonly path: string;
}

/** Whether a machine is online, by a mark and in words, with when it was last seen if it is not. */
export function State({ report, machine: { isOnline, revoked, lastSeen }, path }: Place) {
  const mark = isOnline ? "dot" : revoked !== null || lastSeen === null ? "dot idle" : "dot off";
  return (
    <span class="state">
      <i class={mark} />
      {revoked !== null ? (
        "revoked"
      ) : isOnline ? (
        "online"
      ) : lastSeen === null ? (
        "never seen"
      ) : (
        <>
          seen <Value report={report} field={`${path}.seenAgoMs`} kind="duration" /> ago
        </>
      )}
    </span>
  );
}

/** A clock that is wrong by more is a flaw, milliseconds. */
const SKEW_MS = 60_000;

/** What is wrong with a machine, in a few words each; nothing if nothing is. */
export function Flaws({ report, machine, path }: Place) {
  const { conflict, late, refused, clockSkewMs } = machine;
  return (
    <>
      {conflict !== null && <span class="tag bad">two ledgers</span>}
      {late > 0 && (
        <span class="tag warn">
          <Value report={report} field={`${path}.late`} kind="integer" /> late
        </span>
      )}
      {refused > 0 && (
        <span class="tag warn">
          <Value report={report} field={`${path}.refused`} kind="integer" /> refused
        </span>
      )}
      {Math.abs(clockSkewMs) > SKEW_MS && <span class="tag warn">clock wrong</span>}
    </>
  );
}

/** The version of Pawprint on a machine, marked if another machine has a newer one. */
export const ProgramVersion = ({ report, machine, path }: Place) => (
  <>
    {machine.program === "" ? UNKNOWN : <Value report={report} field={`${path}.program`} kind="text" />}
    <Old isOld={machine.isProgramOld} />
  </>
);

/** The versions of Claude Code that a machine's log names; "—" without a log. */
export const ClaudeVersions = ({ report, machine, path }: Place) => (
  <>
    {machine.claudeVersions.length === 0
      ? UNKNOWN
      : machine.claudeVersions.map((version, at) => (
          <span key={version}>
            {at > 0 && ", "}
            <Value report={report} field={`${path}.claudeVersions.${at}`} kind="text" />
          </span>
        ))}
    <Old isOld={machine.isClaudeOld} />
  </>
);

const Old = ({ isOld }: { isOld: boolean }) => (isOld ? <span class="tag warn">old</span> : null);
