import { mkdirSync, writeFileSync } from "node:fs";
import demo from "../../../data/demo.json";
import type { ClaudeAnswers } from "../../monitoring/types.ts";
import { iso } from "../../utils/clock.ts";

const MINUTE_MS = 60_000;
const RECORDED_AT = Date.parse(demo.recorded_at);

/** The version of Claude Code whose answers are recorded. */
export const recordedVersion = demo.version;

/** One recorded answer. */
interface Reading {
  /** When it is given, epoch milliseconds. */
  readonly at: number;
  readonly answers: ClaudeAnswers;
}

/** The recorded answers of one hour, oldest first, with all times moved so that the last one is given at `now` (epoch ms). */
export function readingsUntil(now: number): Reading[] {
  return demo.readings.map(([minutes = 0, percent = 0], index) => {
    const doctor = index === 0 ? demo.doctor.before : demo.doctor.now;
    const { get_status, auth_status } = demo;
    return {
      at: now - minutes * MINUTE_MS,
      answers: {
        usage: { source: "control", data: usageAt(now, percent) },
        status: { get_status, auth_status, doctor: doctor.join("\n"), updates_writable: true },
        failure: null,
        wallMs: 0,
      },
    };
  });
}

/** The recorded answer to get_usage with times moved to `now` and another percentage of the five-hour limit. */
function usageAt(now: number, percent: number): Record<string, unknown> {
  const { rate_limits, ...rest } = demo.get_usage;
  const changed = {
    ...rest,
    rate_limits: {
      ...rate_limits,
      five_hour: { ...rate_limits.five_hour, utilization: percent },
      limits: rate_limits.limits.map((limit) => (limit.kind === "session" ? { ...limit, percent } : limit)),
    },
  };
  return JSON.parse(JSON.stringify(changed), (_, value: unknown) =>
    typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? iso(now + Date.parse(value) - RECORDED_AT) : value,
  ) as Record<string, unknown>;
}

/** Writes the sample sessions as Claude Code's transcripts below a home directory, with the last response just before `now` (epoch ms). */
export function writeTranscripts(home: string, now: number): void {
  for (const { id, project, branch, model, begin, responses } of demo.sessions) {
    const cwd = `/home/user/work/${project}`;
    const lines = responses.map((response, index) => {
      const [minutes = 0, input_tokens, output_tokens, shortWrite = 0, longWrite = 0, cache_read_input_tokens] =
        response;
      return JSON.stringify({
        type: "assistant",
        isSidechain: false,
        sessionId: id,
        cwd,
        gitBranch: branch,
        version: demo.version,
        timestamp: iso(now + (minutes - begin) * MINUTE_MS),
        uuid: `${id}-${index}`,
        requestId: `req_${id}_${index}`,
        message: {
          id: `msg_${id}_${index}`,
          type: "message",
          role: "assistant",
          model,
          content: [],
          usage: {
            input_tokens,
            output_tokens,
            cache_creation_input_tokens: shortWrite + longWrite,
            cache_creation: { ephemeral_5m_input_tokens: shortWrite, ephemeral_1h_input_tokens: longWrite },
            cache_read_input_tokens,
            service_tier: "standard",
          },
        },
      });
    });
    const folder = `${home}/.claude/projects/${cwd.replaceAll("/", "-")}`;
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/${id}.jsonl`, lines.map((line) => `${line}\n`).join(""));
  }
}
