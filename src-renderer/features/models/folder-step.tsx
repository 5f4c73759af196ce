import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Folder, FolderOpen, FolderPlus } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { toast } from 'sonner';
import type { LibraryFolder } from '#contract/library.ts';
import { api, client } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { pickFolder } from '../../api/native.ts';
import { desktopHost } from '../../api/host.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Button } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { PathField } from '../../ui/path-field.tsx';
import { Select } from '../../ui/select.tsx';
import { ErrorPanel } from '../../ui/state.tsx';
import { placeInLibrary, type Place } from './add-model-draft.ts';

interface FolderStepProps {
  readonly place: Place | null;
  readonly onChoose: (place: Place) => void;
}

/** The first step: a folder of the library, or another that joins it. */
export function FolderStep({ place, onChoose }: FolderStepProps) {
  const folders = useQuery(api.library.folders.queryOptions());
  return (
    <QueryView query={folders} failure="The library folders could not be loaded">
      {(all) => <FolderChoice folders={all} place={place} onChoose={onChoose} />}
    </QueryView>
  );
}

type FolderChoiceProps = FolderStepProps & { readonly folders: readonly LibraryFolder[] };

function FolderChoice({ folders, place, onChoose }: FolderChoiceProps) {
  const [outside, setOutside] = useState<string | null>(null);
  const [typing, setTyping] = useState(false);
  const choosePath = (path: string) => {
    const found = placeInLibrary(path, folders);
    if (found === null) setOutside(path);
    else onChoose(found);
  };
  const openDialog = () => {
    pickFolder()
      ?.then((path) => (path === null ? undefined : choosePath(path)))
      .catch((error: unknown) => toastFailure('The folder dialog could not be opened', error));
  };
  const bases = folders.filter((folder) => folder.exists);
  const base = place?.base ?? bases[0]?.path ?? null;
  return (
    <div className="grid grid-cols-1 gap-3 px-4 py-3">
      <div className="flex flex-wrap gap-2">
        {base === null ? (
          <p className="min-w-0 flex-[1_1_220px] text-dim">
            No library folder exists yet. Add the folder your models lie in.
          </p>
        ) : (
          <Select
            label="Library folder"
            className="min-w-0 flex-[1_1_220px] font-mono text-xs"
            value={base}
            options={bases.map((folder) => ({
              value: folder.path,
              label: folder.path,
              ...(folder.base ? { hint: 'base' } : {}),
            }))}
            onChange={(next) => onChoose({ base: next, folder: '' })}
          />
        )}
        <Button onClick={desktopHost() === null ? () => setTyping(true) : openDialog}>
          <FolderPlus aria-hidden />
          Choose folder
        </Button>
      </div>
      {base === null ? null : <SubFolders base={base} place={place} onChoose={onChoose} />}
      <TypePath
        open={typing}
        onOpenChange={setTyping}
        onPath={(path) => {
          setTyping(false);
          choosePath(path);
        }}
      />
      <AddOutside
        path={outside}
        onClose={() => setOutside(null)}
        onAdded={(folder) => onChoose({ base: folder.path, folder: '' })}
      />
    </div>
  );
}

interface SubFoldersProps extends FolderStepProps {
  readonly base: string;
}

function SubFolders({ base, place, onChoose }: SubFoldersProps) {
  const folders = useQuery(api.library.localFolders.queryOptions({ input: { base } }));
  return (
    <QueryView
      query={folders}
      failure="The folder could not be read"
      loading={<output className="skeleton block h-7" aria-label="Loading" />}
    >
      {(names) => (
        <fieldset aria-label="Folders" className="max-h-56 min-w-0 overflow-y-auto rounded-md border p-1">
          {['', ...names].map((name) => {
            const chosen = place?.base === base && place.folder === name;
            const Icon = chosen ? FolderOpen : Folder;
            return (
              <button
                key={name}
                type="button"
                aria-pressed={chosen}
                onClick={() => onChoose({ base, folder: name })}
                className={classNames(
                  'flex h-7 w-full items-center gap-2 rounded-sm px-2 text-left hover:bg-hover',
                  chosen && 'bg-selected font-medium',
                )}
              >
                <Icon aria-hidden className="size-4 shrink-0 text-dim" strokeWidth={1.6} />
                <span className="truncate">{name === '' ? 'This folder itself' : name}</span>
              </button>
            );
          })}
        </fieldset>
      )}
    </QueryView>
  );
}

interface TypePathProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onPath: (path: string) => void;
}

function TypePath({ open, onOpenChange, onPath }: TypePathProps) {
  const [path, setPath] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim() !== '') onPath(path.trim());
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Choose a folder"
      description="On the machine that Cortex runs on."
    >
      <form onSubmit={submit} className="grid grid-cols-1 gap-3">
        <PathField
          label="Path of the folder"
          hint="Absolute, such as /srv/models/qwen"
          value={path}
          onChange={setPath}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={() => onOpenChange(false)}>Cancel</Button>
          <Button type="submit" tone="primary" disabled={path.trim() === ''}>
            Use this folder
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface AddOutsideProps {
  readonly path: string | null;
  readonly onClose: () => void;
  readonly onAdded: (folder: LibraryFolder) => void;
}

/** Asks once before models may be read from a new folder. */
function AddOutside({ path, onClose, onAdded }: AddOutsideProps) {
  const queries = useQueryClient();
  const add = useMutation({
    mutationFn: (path: string) => client.library.addFolder({ path }),
    onSuccess: async (folder) => {
      await queries.invalidateQueries({ queryKey: api.library.key() });
      onAdded(folder);
      close();
      toast.success('Added to the library');
    },
  });
  const close = () => {
    add.reset();
    onClose();
  };
  return (
    <Dialog
      open={path !== null}
      onOpenChange={close}
      title="Add this folder to the library?"
      description="Models may then be started from it and from the folders below. Nothing in it is changed."
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button
            tone="primary"
            busy={add.isPending}
            onClick={() => {
              if (path !== null) add.mutate(path);
            }}
          >
            Add folder
          </Button>
        </>
      }
    >
      <code className="block rounded-md border bg-sunken px-3 py-2 font-mono text-xs break-all">{path}</code>
      {add.error === null ? null : (
        <div className="mt-3">
          <ErrorPanel what="The folder was not added" problem={describeError(add.error)} />
        </div>
      )}
    </Dialog>
  );
}
