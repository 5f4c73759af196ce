import { useQuery } from '@tanstack/react-query';
import { ListTree } from 'lucide-react';
import { useState } from 'react';
import type { EngineFlags, FieldSpec } from '#contract/engines.ts';
import type { EngineType, FieldValue, Runtime } from '#contract/models.ts';
import { api } from '../../api/client.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { count } from '../../ui/format.ts';
import { SearchField } from '../../ui/search-field.tsx';
import { useImages } from './engine-fields.tsx';
import { withFlag } from './own-list.ts';

export interface FlagSource {
  readonly engine: EngineType;
  readonly runtime: Runtime;
  /** Null for the engine's default image. */
  readonly image: string | null;
}

type Flag = EngineFlags['flags'][number];

interface KnownFlagsProps {
  readonly source: FlagSource;
  readonly specs: readonly FieldSpec[];
  readonly value: FieldValue | undefined;
  readonly onChange: (value: FieldValue) => void;
}

/** What the very image, or the plain program, says that it knows, to be chosen from. */
export function KnownFlags(props: KnownFlagsProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" className="mt-1.5" onClick={() => setOpen(true)}>
        <ListTree aria-hidden className="!size-3" />
        Flags it knows
      </Button>
      <Dialog wide open={open} onOpenChange={setOpen} title="Flags this engine knows">
        <FlagList {...props} />
      </Dialog>
    </>
  );
}

function FlagList({ source, specs, value, onChange }: KnownFlagsProps) {
  const { engine, runtime } = source;
  const [search, setSearch] = useState('');
  const images = useImages();
  const standard = images.data?.find((known) => known.is_default && known.engine_type === engine);
  // Without an image the answer is the plain program's.
  const image = runtime === 'container' ? (source.image ?? standard?.reference ?? null) : null;
  const flags = useQuery(
    api.engines.flags.queryOptions({
      input: { engine_type: engine, ...(image === null ? {} : { image }) },
      enabled: runtime === 'process' || image !== null,
      retry: false,
      staleTime: 60_000,
    }),
  );
  const labels = new Map(specs.map(({ name, label }) => [name, label]));
  const wanted = search.trim().toLowerCase();
  if (runtime === 'container' && image === null)
    return <p className="pb-2 text-dim">Docker does not answer, so that no image can be asked for its flags.</p>;
  return (
    <QueryView query={flags} failure="The flags could not be read">
      {(data) => {
        const found = data.flags.filter(({ flag }) => flag.toLowerCase().includes(wanted));
        return (
          <div className="grid grid-cols-1 gap-2">
            <p className="text-dim">
              {count(data.flags.length)} flags, from{' '}
              {data.image === null ? 'the program itself' : <code className="font-mono text-xs">{data.image}</code>}
              {data.version === null ? '' : `, version ${data.version}`}.
            </p>
            <SearchField label="Search flags" value={search} onChange={setSearch} />
            <ul aria-label="Flags" className="max-h-[44vh] divide-y overflow-y-auto rounded-md border">
              {found.map((flag) => (
                <FlagRow
                  key={flag.flag}
                  flag={flag}
                  label={flag.field === null ? null : (labels.get(flag.field) ?? flag.field)}
                  onAdd={() => onChange(withFlag(value, flag.flag))}
                />
              ))}
              {found.length === 0 ? <li className="px-3 py-4 text-center text-dim">No flag matches.</li> : null}
            </ul>
          </div>
        );
      }}
    </QueryView>
  );
}

interface FlagRowProps {
  readonly flag: Flag;
  /** Of the setting that becomes this flag. */
  readonly label: string | null;
  readonly onAdd: () => void;
}

function FlagRow({ flag, label, onAdd }: FlagRowProps) {
  const note = label === null ? flag.refusal : `Set it by "${label}".`;
  return (
    <li className="flex items-center gap-3 px-3 py-1.5">
      <div className="min-w-0 flex-1">
        <code className="font-mono text-xs break-all">{flag.flag}</code>
        {flag.choices === null ? null : (
          <span className="block text-xs wrap-anywhere text-dim">{flag.choices.join(', ')}</span>
        )}
        {note === null ? null : <span className="block text-xs wrap-anywhere text-dim">{note}</span>}
      </div>
      {note === null ? (
        <Button size="small" aria-label={`Add ${flag.flag}`} onClick={onAdd}>
          Add
        </Button>
      ) : null}
    </li>
  );
}
