import { useCallback, useMemo, useState } from 'react';
import type { GgufGroup } from '#contract/library.ts';
import type { Runtime } from '#contract/models.ts';
import type { ParsedConfiguration } from '#contract/dry-run.ts';
import type { Recipe } from '#contract/recipes.ts';
import { useLive, useModels } from '../../api/live.ts';
import {
  draftOfConfiguration,
  draftOfFolder,
  draftOfGroup,
  freeServedName,
  nameFromSource,
  runtimeOf,
  servedNameFrom,
  suggestName,
  type Draft,
  type Place,
} from './add-model-draft.ts';
import type { Names } from './add-model-fields.tsx';
import type { Chosen } from './contents-step.tsx';
import { useImages } from './engine-fields.tsx';
import type { SourceKind } from './source-step.tsx';

const NO_NAMES: Names = { name: '', served: '', servedEdited: false };

function useTakenNames(): ReadonlySet<string> {
  const models = useModels();
  return useMemo(() => new Set(models?.map((model) => model.served_model_name)), [models]);
}

/** Where the engine of a draft runs: as chosen, else as this machine suggests. */
function useRuntime(draft: Draft | null): Runtime {
  const dockerReady = useLive((live) => live.docker?.problem === 'ok');
  const images = useImages().data;
  return draft === null ? 'process' : runtimeOf(draft, { dockerReady, images: images ?? [] });
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** What the page holds while a model is put together, and how the answers of its steps change it. */
export function useAddModel(first: SourceKind) {
  const [source, setSource] = useState(first);
  const [place, setPlace] = useState<Place | null>(null);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [recipe, setRecipe] = useState<number | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [names, setNames] = useState<Names>(NO_NAMES);
  const taken = useTakenNames();
  const runtime = useRuntime(draft);

  const begin = useCallback(
    (next: Draft | null, name: string, served: string | null = null) => {
      setDraft(next);
      // A name that was typed by hand stays.
      setNames((before) =>
        before.servedEdited
          ? before
          : { name, served: freeServedName(served ?? servedNameFrom(name), taken), servedEdited: false },
      );
    },
    [taken],
  );
  const chooseSource = useCallback((next: SourceKind) => {
    setSource(next);
    setPlace(null);
    setChosen(null);
    setRecipe(null);
    setDraft(null);
    setNames(NO_NAMES);
  }, []);
  const choosePlace = useCallback((next: Place) => {
    setPlace(next);
    setChosen(null);
    setDraft(null);
  }, []);
  const choose = useCallback(
    (next: Chosen) => {
      setChosen(next);
      if (next !== 'folder') begin(draftOfGroup(next), suggestName(next));
      else if (place !== null) begin(draftOfFolder(place), nameFromSource(draftOfFolder(place)));
    },
    [begin, place],
  );
  const chooseHub = useCallback(
    (next: Draft | null) => {
      begin(next, next === null ? '' : nameFromSource(next));
      // Another letter of the id, or the token, takes back none of the settings.
      setDraft(next === null || draft === null ? next : { ...draft, repoId: next.repoId, token: next.token });
    },
    [begin, draft],
  );
  const takeParsed = useCallback(
    (parsed: ParsedConfiguration | null) => {
      const next = parsed === null ? null : draftOfConfiguration(parsed.draft);
      const name = text(parsed?.draft['name']);
      const served = text(parsed?.draft['served_model_name']);
      const suggested = next === null ? '' : nameFromSource(next);
      begin(next, name || served || suggested, served === '' ? null : served);
    },
    [begin],
  );
  const takeRecipe = useCallback(
    (next: Recipe) => {
      setRecipe(next.id);
      begin(draftOfConfiguration(next.configuration), next.name);
    },
    [begin],
  );
  const group: GgufGroup | null = chosen === 'folder' ? null : chosen;
  return {
    answers: { source, place, chosen, recipe, draft, names, runtime, group },
    taken,
    on: { chooseSource, choosePlace, choose, chooseHub, takeParsed, takeRecipe, setDraft, setNames },
  };
}
