import { sessionKey } from "./shared/assistants.ts";
import { areSeveral, machineColumn, machineField } from "./shared/members.ts";
import { activityOf } from "./shared/usage/activity.ts";
import { folderOf } from "../model/project.ts";
import { projectNames } from "./shared/usage/names.ts";
import { UsageGroups } from "./shared/usage/groups.ts";
import { LABEL, type UsageLayout, usageResult } from "./shared/usage/result.ts";
import { CCUSAGE } from "./shared/options.ts";
import type { Report } from "./contract.ts";

const none = { source: "", session: "", project: "", first: 0, last: 0 };

/** Usage by session, most expensive first. */
export const session: Report = {
  name: "session",
  aliases: ["sessions"],
  description: "tokens and cost of each session, most expensive first",
  options: [...CCUSAGE, "id"],
  examples: [
    { args: "session --last 1d", description: "sessions of today, most expensive first" },
    { args: "session --project shop", description: "sessions of one project" },
  ],
  related: ["activity", "projects"],
  async run(query, context) {
    const { queries, costs, members } = context;
    const { filter, intervals } = query;
    const groups = new UsageGroups<string>(costs);
    const dimensions = ["source", "session", "project", "bucket"] as const;
    const rows = await queries.usage(filter, intervals, areSeveral(members) ? [...dimensions, "machine"] : dimensions);
    for (const row of rows) groups.addRow(sessionKey(row), row);
    // A session that several machines have is that of the one with the older ledger.
    const machines = new Map(rows.map((row) => [sessionKey(row), row.machine]));
    const activity = await activityOf(rows, queries, filter);
    const names = projectNames(activity.values().map(({ project }) => project));
    const lines = groups.byCost().map(([key, group]) => {
      const { source, session: sessionId, project, first, last } = activity.get(key) ?? none;
      const machine = machines.get(key) ?? "";
      return {
        group,
        machine,
        projectName: names.get(project) ?? project,
        first,
        last,
        fields: {
          sessionId,
          source,
          ...machineField(members, machine),
          projectPath: folderOf(project),
          project,
          firstActivity: new Date(first).toISOString(),
          lastActivity: new Date(last).toISOString(),
        },
      };
    });
    const layout: UsageLayout<(typeof lines)[number]> = {
      list: "sessions",
      lead: [
        {
          name: "Session",
          kind: "text",
          priority: LABEL,
          shorten: true,
          value: ({ fields }) => fields.sessionId,
          field: "sessionId",
        },
        machineColumn(members, 69, ({ machine }) => machine),
        { name: "Project", kind: "text", priority: 85, shorten: true, value: ({ projectName }) => projectName },
        { name: "First activity", kind: "time", priority: 12, value: ({ first }) => first, field: "firstActivity" },
        { name: "Last activity", kind: "time", priority: 60, value: ({ last }) => last, field: "lastActivity" },
      ],
      hasAssistants: true,
    };
    return usageResult(layout, lines, groups, query, context);
  },
};
