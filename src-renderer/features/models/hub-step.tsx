import { useState } from 'react';
import { Labelled, TextInput } from '../../ui/field.tsx';
import { draftOfHub, repoIdFrom, type Draft } from './add-model-draft.ts';

interface HubStepProps {
  readonly onDraft: (draft: Draft | null) => void;
}

/** As the program takes it: owner, slash, name. */
const REPO_ID = /^[\w.-]+\/[\w.-]+$/;

/** A model on Hugging Face, which its engine downloads itself. */
export function HubStep({ onDraft }: HubStepProps) {
  const [repo, setRepo] = useState('');
  const [token, setToken] = useState('');
  const tell = (repoText: string, tokenText: string) => {
    setRepo(repoText);
    setToken(tokenText);
    const id = repoIdFrom(repoText);
    onDraft(REPO_ID.test(id) ? draftOfHub(id, tokenText.trim() === '' ? null : tokenText.trim()) : null);
  };
  const id = repoIdFrom(repo);
  return (
    <div className="grid grid-cols-1 gap-4 px-4 py-3">
      <Labelled
        label="Model on Hugging Face"
        hint="Owner, slash, name, such as Qwen/Qwen3-8B; or the address of its page."
        error={id === '' || REPO_ID.test(id) ? null : 'Write it like Qwen/Qwen3-8B: owner, slash, name.'}
      >
        {(control) => (
          <TextInput
            {...control}
            className="font-mono text-xs"
            value={repo}
            onChange={(event) => tell(event.target.value, token)}
          />
        )}
      </Labelled>
      <Labelled
        label="Hugging Face token"
        hint="Only for models behind a licence. Kept encrypted, given to the engine by its environment, never shown again."
      >
        {(control) => (
          <TextInput
            {...control}
            type="password"
            autoComplete="new-password"
            className="font-mono text-xs"
            value={token}
            onChange={(event) => tell(repo, event.target.value)}
          />
        )}
      </Labelled>
    </div>
  );
}
