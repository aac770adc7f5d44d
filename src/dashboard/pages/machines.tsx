import { about } from "../client/about.ts";
import { param } from "../client/location.ts";
import { Card } from "../parts/Card.tsx";
import { Loading } from "../parts/ReportView.tsx";
import type { DashboardPage } from "./contract.ts";
import { Fleet } from "./machines/Fleet.tsx";
import { MachineDetail } from "./machines/MachineDetail.tsx";
import { OwnMachine } from "./machines/OwnMachine.tsx";

function Content() {
  const { value: found } = about;
  if (!found)
    return (
      <Card title="Machines">
        <Loading />
      </Card>
    );
  if (found.kind === "machine") return <OwnMachine />;
  const only = found.machines.length === 1 ? (found.machines[0]?.name ?? null) : null;
  const machine = param("machine") ?? only;
  return machine === null ? <Fleet /> : <MachineDetail machine={machine} isOnly={only !== null} />;
}

/** Machines. */
export const machines: DashboardPage = { name: "machines", title: "Machines", path: "/machines", key: "m", Content };
