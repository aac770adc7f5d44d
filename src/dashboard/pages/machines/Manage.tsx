import { useState } from "preact/hooks";
import { go, hrefOf, param } from "../../client/location.ts";
import { Dialog } from "../../parts/Dialog.tsx";
import { Problem } from "../../parts/ReportView.tsx";
import { rename, revoke } from "./actions.ts";
import { NameField } from "./NameField.tsx";
import { useAction } from "./useAction.ts";

/** Renames or revokes a machine, for admins. */
export function Manage({ machine, isRevoked }: { machine: string; isRevoked: boolean }) {
  const [open, setOpen] = useState<"rename" | "revoke" | null>(null);
  const close = (): void => setOpen(null);
  return (
    <>
      <button type="button" onClick={() => setOpen("rename")}>
        Rename
      </button>
      {!isRevoked && (
        <button type="button" class="bad" onClick={() => setOpen("revoke")}>
          Revoke
        </button>
      )}
      {open === "rename" && <Rename machine={machine} close={close} />}
      {open === "revoke" && <Revoke machine={machine} close={close} />}
    </>
  );
}

/** A machine, and what closes the dialog about it. */
interface Asked {
  readonly machine: string;
  readonly close: () => void;
}

function Rename({ machine, close }: Asked) {
  const [name, setName] = useState(machine);
  const { isBusy, problem, run } = useAction();
  const send = (): Promise<void> =>
    run(async () => {
      const wanted = name.trim();
      await rename(machine, wanted);
      go(hrefOf("/machines", { machine: wanted, last: param("last") }), true);
      close();
    });
  return (
    <Dialog label="Rename the machine" close={close}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <NameField label={`New name of ${machine}`} value={name} change={setName} required />
        <p class="soft">Its usage stays with it. Links with the old name no longer find it.</p>
        {problem && <Problem problem={problem} />}
        <div class="actions">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" disabled={isBusy || name.trim() === "" || name.trim() === machine}>
            Rename
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Revoke({ machine, close }: Asked) {
  const { isBusy, problem, run } = useAction();
  const send = (): Promise<void> =>
    run(async () => {
      await revoke(machine);
      close();
    });
  return (
    <Dialog label={`Revoke ${machine}`} close={close}>
      <p>
        <b>Revoke {machine}?</b>
      </p>
      <p class="soft">
        It can no longer send or read anything here, from this moment on. Its usage stays. To let it in again, invite it
        under the same name.
      </p>
      {problem && <Problem problem={problem} />}
      <div class="actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="button" class="bad" disabled={isBusy} onClick={() => void send()}>
          Revoke {machine}
        </button>
      </div>
    </Dialog>
  );
}
