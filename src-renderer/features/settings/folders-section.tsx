import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { FolderPlus, Trash2 } from 'lucide-react';
import { useState, type FormEvent } from 'react';
import { toast } from 'sonner';
import type { LibraryFolder } from '#contract/library.ts';
import { api, client } from '../../api/client.ts';
import { describeError } from '../../api/errors.ts';
import { desktopHost } from '../../api/host.ts';
import { pickFolder } from '../../api/native.ts';
import { toastFailure } from '../../parts/failure-toast.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Button, IconButton } from '../../ui/button.tsx';
import { ConfirmDialog, Dialog } from '../../ui/dialog.tsx';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { Card, Section } from '../../ui/page.tsx';
import { Badge, ErrorPanel } from '../../ui/state.tsx';

type Asked = 'add' | 'base' | null;

/** The folders models may lie in. */
export function FoldersSection() {
  const folders = useQuery(api.library.folders.queryOptions());
  const [asked, setAsked] = useState<Asked>(null);
  const [removing, setRemoving] = useState<LibraryFolder | null>(null);
  return (
    <Section
      title="Library folders"
      note="Models are started only from these folders and the folders below them."
      actions={
        <Button onClick={() => setAsked('add')}>
          <FolderPlus aria-hidden />
          Add folder
        </Button>
      }
    >
      <Card>
        <QueryView query={folders} failure="The library folders could not be loaded">
          {(all) => (
            <ul aria-label="Library folders" className="divide-y">
              {all.map((folder) => (
                <FolderRow
                  key={folder.path}
                  folder={folder}
                  onChangeBase={() => setAsked('base')}
                  onRemove={() => setRemoving(folder)}
                />
              ))}
            </ul>
          )}
        </QueryView>
      </Card>
      {asked === null ? null : <FolderDialog kind={asked} onClose={() => setAsked(null)} />}
      <RemoveFolder folder={removing} onClose={() => setRemoving(null)} />
    </Section>
  );
}

interface FolderRowProps {
  readonly folder: LibraryFolder;
  readonly onChangeBase: () => void;
  readonly onRemove: () => void;
}

function FolderRow({ folder, onChangeBase, onRemove }: FolderRowProps) {
  return (
    <li className="flex min-h-10 items-center gap-3 px-4">
      <code className="min-w-0 truncate font-mono text-xs">{folder.path}</code>
      {folder.base ? <Badge>base directory</Badge> : null}
      {folder.exists ? null : <Badge tone="warning">does not exist</Badge>}
      <div className="ml-auto">
        {folder.base ? (
          <Button size="small" tone="quiet" onClick={onChangeBase}>
            Change base directory
          </Button>
        ) : (
          <IconButton label={`Remove ${folder.path}`} onClick={onRemove}>
            <Trash2 aria-hidden />
          </IconButton>
        )}
      </div>
    </li>
  );
}

const WORDS = {
  add: {
    title: 'Add a library folder',
    action: 'Add folder',
    failure: 'The folder was not added',
    done: 'Folder added',
  },
  base: {
    title: 'Change the base directory',
    action: 'Use as base directory',
    failure: 'The base directory was not changed',
    done: 'Base directory changed',
  },
} as const;

interface FolderDialogProps {
  readonly kind: 'add' | 'base';
  readonly onClose: () => void;
}

function FolderDialog({ kind, onClose }: FolderDialogProps) {
  const queries = useQueryClient();
  const [path, setPath] = useState('');
  const words = WORDS[kind];
  const save = useMutation({
    mutationFn: async () => {
      if (kind === 'add') await client.library.addFolder({ path: path.trim() });
      else await client.library.setBaseDir({ base_dir: path.trim() });
    },
    onSuccess: async () => {
      onClose();
      toast.success(words.done);
      await queries.invalidateQueries({ queryKey: api.library.key() });
    },
  });
  const browse = () => {
    pickFolder()
      ?.then((chosen) => (chosen === null ? undefined : setPath(chosen)))
      .catch((error: unknown) => toastFailure('The folder dialog could not be opened', error));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim() !== '') save.mutate();
  };
  return (
    <Dialog open onOpenChange={onClose} title={words.title}>
      <form onSubmit={submit} className="grid grid-cols-1 gap-3">
        <Labelled label="Path of the folder" hint="Absolute, on the machine that Cortex runs on.">
          {(control) => (
            <div className="flex gap-2">
              <TextInput
                {...control}
                className="font-mono text-xs"
                value={path}
                onChange={(event) => setPath(event.target.value)}
              />
              {desktopHost() === null ? null : <Button onClick={browse}>Browse</Button>}
            </div>
          )}
        </Labelled>
        {save.error === null ? null : <ErrorPanel what={words.failure} problem={describeError(save.error)} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" disabled={path.trim() === ''} busy={save.isPending}>
            {words.action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface RemoveFolderProps {
  readonly folder: LibraryFolder | null;
  readonly onClose: () => void;
}

function RemoveFolder({ folder, onClose }: RemoveFolderProps) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: (path: string) => client.library.removeFolder({ query: { path } }),
    onSuccess: async () => {
      onClose();
      toast('Folder removed from the library', { description: 'Its files are untouched.' });
      await queries.invalidateQueries({ queryKey: api.library.key() });
    },
    onError: (error) => {
      onClose();
      toastFailure('The folder was not removed', error);
    },
  });
  return (
    <ConfirmDialog
      open={folder !== null}
      onOpenChange={onClose}
      title="Remove this folder from the library?"
      description={
        <>
          <code className="font-mono text-xs break-all">{folder?.path}</code>
          <p className="mt-1.5">Its files stay. Models can no longer be started from it.</p>
        </>
      }
      action="Remove folder"
      busy={remove.isPending}
      onConfirm={() => {
        if (folder !== null) remove.mutate(folder.path);
      }}
    />
  );
}
