import { Plus, X } from 'lucide-react';
import { useState, type ClipboardEvent } from 'react';
import type { FieldValue } from '#contract/models.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { TextArea, TextInput } from '../../ui/field.tsx';
import { fieldText, sameValue } from './field-values.ts';
import { EMPTY_ROW, readRows, rowsFromPaste, writeRows, type OwnKind, type OwnRow } from './own-list.ts';

interface EditorProps {
  readonly kind: OwnKind;
  readonly id: string;
  readonly describedBy: string;
  readonly invalid: boolean;
  readonly value: FieldValue | undefined;
  readonly onChange: (value: FieldValue) => void;
}

/** The owner's own flags or variables, one a row; a text that is no such list is mended as text. */
export function OwnListEditor({ kind, id, describedBy, invalid, value, onChange }: EditorProps) {
  const read = readRows(kind, value);
  const [draft, setDraft] = useState<readonly OwnRow[]>(read ?? []);
  // A row without a name yet is in no value; what changes from outside replaces the rows.
  const rows = sameValue(writeRows(kind, draft), value) ? draft : read;
  if (rows === null)
    return (
      <TextArea
        id={id}
        rows={4}
        spellCheck={false}
        className="font-mono text-xs leading-[18px]"
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        value={fieldText(value)}
        onChange={(event) => onChange(event.target.value === '' ? null : event.target.value)}
      />
    );
  const set = (next: readonly OwnRow[]) => {
    setDraft(next);
    onChange(writeRows(kind, next));
  };
  return (
    <div className="grid grid-cols-1 gap-1.5">
      {rows.map((row, index) => (
        <RowFields
          // Rows have no other identity than their place.
          // oxlint-disable-next-line react/no-array-index-key
          key={index}
          kind={kind}
          number={index + 1}
          row={row}
          describedBy={describedBy}
          invalid={invalid}
          onReplace={(replacement) => set(rows.toSpliced(index, 1, ...replacement))}
        />
      ))}
      <div>
        <Button id={id} size="small" aria-label={`Add ${kind}`} onClick={() => set([...rows, EMPTY_ROW])}>
          <Plus aria-hidden className="!size-3" />
          Add {kind}
        </Button>
      </div>
    </div>
  );
}

interface RowProps {
  readonly kind: OwnKind;
  readonly number: number;
  readonly row: OwnRow;
  readonly describedBy: string;
  readonly invalid: boolean;
  /** Puts others in its place, or none. */
  readonly onReplace: (rows: readonly OwnRow[]) => void;
}

function RowFields({ kind, number, row, describedBy, invalid, onReplace }: RowProps) {
  const paste = (event: ClipboardEvent) => {
    const pasted = rowsFromPaste(kind, event.clipboardData.getData('text'));
    if (pasted.length === 0 || row.name !== '') return;
    event.preventDefault();
    onReplace(pasted);
  };
  const title = kind === 'flag' ? 'Flag' : 'Variable';
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_28px] gap-1.5">
      <TextInput
        aria-label={`${title} ${number}`}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        className="font-mono text-xs"
        placeholder={kind === 'flag' ? '--flag' : 'NAME'}
        value={row.name}
        onPaste={paste}
        onChange={(event) => onReplace([{ ...row, name: event.target.value }])}
      />
      <TextInput
        aria-label={`Value of ${kind} ${number}`}
        className="font-mono text-xs"
        placeholder={kind === 'flag' ? 'no value' : 'value'}
        value={row.value}
        onChange={(event) => onReplace([{ ...row, value: event.target.value }])}
      />
      <IconButton label={`Remove ${kind} ${number}`} className="mt-0.5" onClick={() => onReplace([])}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}
