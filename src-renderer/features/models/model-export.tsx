import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import type { ExportFormat } from '#contract/dry-run.ts';
import type { Model } from '#contract/models.ts';
import { api, client } from '../../api/client.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { Button } from '../../ui/button.tsx';
import { Segments } from '../../ui/choice.tsx';
import { Code } from '../../ui/copy.tsx';
import { wrapShellLine } from '../../ui/format.ts';
import { saveFile } from '../../ui/save-file.ts';
import { Notice } from '../../ui/state.tsx';

const FORMATS = [
  { value: 'docker-run', label: 'docker run' },
  { value: 'compose', label: 'Compose' },
  { value: 'kubernetes', label: 'Kubernetes' },
  { value: 'cortex', label: 'Cortex YAML' },
] as const;

const NOTES: Readonly<Record<ExportFormat, string>> = {
  'docker-run': 'The very container that a start here would make, for any machine with Docker.',
  compose: 'A service for docker compose.',
  kubernetes: 'A deployment and its service, for a cluster with GPUs.',
  cortex: 'Every setting. Paste it into another Cortex under Add model, and nothing is lost.',
};

/** The configuration as others run it, to copy or to keep. */
export function ModelExport({ model }: { readonly model: Model }) {
  const [format, setFormat] = useState<ExportFormat>('docker-run');
  const exported = useQuery({
    queryKey: [...api.exchange.export.key(), model.id, model.updated_at, format],
    queryFn: ({ signal }) => client.exchange.export({ id: model.id, format }, { signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  return (
    <div className="grid max-w-[960px] grid-cols-1 gap-3">
      <div className="flex flex-wrap items-center gap-3">
        <Segments label="Format" value={format} options={FORMATS} onChange={setFormat} />
        <span className="min-w-0 flex-1 text-dim">{NOTES[format]}</span>
        <Button
          disabled={exported.data === undefined}
          onClick={() => {
            if (exported.data !== undefined) saveFile(exported.data.filename, exported.data.text);
          }}
        >
          <Download aria-hidden />
          Save to a file
        </Button>
      </div>
      <QueryView
        query={exported}
        failure="It could not be written in this format"
        loading={<output aria-label="Loading" className="skeleton block h-60" />}
      >
        {(data) => (
          <>
            <Code
              text={data.format === 'docker-run' ? wrapShellLine(data.text) : data.text}
              what={data.filename}
              wrap={data.format === 'docker-run'}
              className="[&_[role=region]]:max-h-[calc(100vh-360px)]"
            />
            {data.warnings.map((warning) => (
              <Notice key={warning} tone="warning" title={warning} />
            ))}
          </>
        )}
      </QueryView>
    </div>
  );
}
