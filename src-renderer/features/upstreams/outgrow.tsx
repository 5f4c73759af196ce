import { Network, Plus } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { Code } from '../../ui/copy.tsx';
import { Card } from '../../ui/page.tsx';
import { Prose } from '../../ui/prose.tsx';

/** For another machine with GPUs; the key goes by environment, since arguments can be read by everybody there. */
const EXAMPLE = `export VLLM_API_KEY="$(openssl rand -hex 24)"
echo "$VLLM_API_KEY"
vllm serve Qwen/Qwen3-32B \\
  --served-model-name qwen3-32b \\
  --host 0.0.0.0 --port 8000`;

const STEPS = [
  'Start a server on the other machine: vLLM (on one machine, on Ray, or in Kubernetes), llama.cpp, or another Cortex.',
  'Add its address here under the name that clients ask for, with its key.',
  'Requests go to the least busy server that is well. One that fails is left out, and tried again by itself.',
];

/** How a person outgrows one machine; shown until a foreign server is registered. */
export function OutgrowCard({ onAdd }: { readonly onAdd: () => void }) {
  return (
    <Card className="px-5 py-5">
      <div className="grid gap-x-8 gap-y-4 min-[1000px]:grid-cols-2">
        <div>
          <h2 className="flex items-center gap-2 text-lg font-semibold">
            <Network aria-hidden className="size-5 text-dim" strokeWidth={1.6} />
            More than one machine
          </h2>
          <p className="mt-1 text-dim">
            This endpoint can pass requests on to other servers. Clients keep its one address and their keys, and usage
            is counted here.
          </p>
          <ol className="mt-3 grid list-decimal gap-1.5 pl-5 marker:text-dim">
            {STEPS.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <Button className="mt-4" onClick={onAdd}>
            <Plus aria-hidden />
            Add upstream
          </Button>
        </div>
        <div className="min-w-0">
          <h3 className="mb-1 text-xs font-medium text-dim">On the other machine, for example</h3>
          <Code text={EXAMPLE} what="example" />
          <p className="mt-2 text-xs text-dim">
            <Prose text="Then add `http://<its address>:8000` under the name `qwen3-32b`, with the key it printed. Keep that port inside a network you trust: the traffic is not encrypted." />
          </p>
        </div>
      </div>
    </Card>
  );
}
