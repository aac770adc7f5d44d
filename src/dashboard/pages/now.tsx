import type { NowJson } from "../../reports/now.ts";
import type { LimitsJson } from "../../reports/shared/limits/json.ts";
import { coloursOf } from "../charts/colours.ts";
import { about } from "../client/about.ts";
import { useReport } from "../client/reports.ts";
import type { DashboardPage } from "./contract.ts";
import { Burn } from "./now/Burn.tsx";
import { Feed } from "./now/Feed.tsx";
import { Findings } from "./now/Findings.tsx";
import { Limits } from "./now/Limits.tsx";
import { Machines } from "./now/Machines.tsx";
import { Tiles } from "./now/Tiles.tsx";

function Content() {
  const now = useReport<NowJson>("now");
  const limits = useReport<LimitsJson>("limits");
  const isHub = about.value?.kind === "hub";
  const machines = now.data?.json.machines ?? [];
  const colours = coloursOf(machines.map(({ machine }) => machine ?? ""));
  return (
    <>
      <Tiles report={now} isHub={isHub} />
      <Limits report={limits} colours={colours} isHub={isHub} isAtWork={now.data?.json.burn != null} />
      {isHub && <Machines report={now} />}
      <Burn report={now} colours={colours} isHub={isHub} />
      <Feed isHub={isHub} />
      <Findings />
    </>
  );
}

/** What happens at this moment: today, limits, machines, the last hour, the newest responses and open findings. */
export const now: DashboardPage = { name: "now", title: "Now", path: "/", key: "n", Content };
