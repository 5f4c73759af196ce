import { Archive, ArchiveRestore, BookmarkPlus, Copy, MoreHorizontal, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Model } from '#contract/models.ts';
import { useArchive } from '../../parts/model-actions.ts';
import { IconButton } from '../../ui/button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { DeleteModel } from './delete-model.tsx';
import { useDuplicate } from './duplicate.ts';
import { SaveAsRecipe } from './save-as-recipe.tsx';

interface ModelMenuProps {
  readonly model: Model;
  readonly onDeleted?: () => void;
}

type Asked = 'delete' | 'recipe' | null;

/** What is done with a model seldom. */
export function ModelMenu({ model, onDeleted }: ModelMenuProps) {
  const [asked, setAsked] = useState<Asked>(null);
  const archive = useArchive();
  const duplicate = useDuplicate();
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`More for ${model.name}`}>
            <MoreHorizontal aria-hidden />
          </IconButton>
        }
        actions={[
          { label: 'Duplicate', icon: <Copy aria-hidden />, onSelect: () => duplicate.mutate(model) },
          { label: 'Save as recipe', icon: <BookmarkPlus aria-hidden />, onSelect: () => setAsked('recipe') },
          {
            label: model.archived ? 'Take back from the archive' : 'Archive',
            icon: model.archived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />,
            onSelect: () => archive.mutate(model),
          },
          { label: 'Delete', icon: <Trash2 aria-hidden />, danger: true, onSelect: () => setAsked('delete') },
        ]}
      />
      <DeleteModel
        model={asked === 'delete' ? model : null}
        onClose={() => setAsked(null)}
        {...(onDeleted === undefined ? {} : { onDeleted })}
      />
      {asked === 'recipe' ? <SaveAsRecipe model={model} onClose={() => setAsked(null)} /> : null}
    </>
  );
}
