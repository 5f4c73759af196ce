import { decimal, integer, pattern, suggested, text } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const SPECULATION = 'Speculative decoding';
const TYPES =
  'none draft-simple draft-eagle3 draft-mtp draft-dflash draft-dspark ngram-simple ngram-map-k ngram-map-k4v ngram-mod ngram-cache';

/** The ways of guessing by n-grams that have sizes of their own. */
const NGRAM_TYPES = ['simple', 'map-k', 'map-k4v'] as const;

/** Guessing tokens ahead: by a small model, by a head of the model itself, or by what was said before. */
export const speculationFields: readonly FieldRow[] = [
  text(
    {
      name: 'draft_model_path',
      label: 'Draft model',
      help: 'A small model of the same vocabulary that guesses ahead.',
      group: SPECULATION,
    },
    '--spec-draft-model',
    { aliases: '-md --model-draft --spec-default', isPath: true },
  ),
  suggested(
    {
      name: 'spec_type',
      label: 'Way of guessing',
      help: 'draft-simple asks a draft model, draft-mtp a head of the model itself, ngram-simple repeats what was said before. Several are separated by commas.',
      group: SPECULATION,
    },
    '--spec-type',
    TYPES,
    { check: pattern(/^[a-z0-9-]+(,[a-z0-9-]+)*$/, 'must be names separated by commas, like ngram-simple') },
  ),
  integer(
    { name: 'draft_n', label: 'Tokens guessed', help: 'The most tokens guessed ahead.', group: SPECULATION },
    '--spec-draft-n-max',
    [1, 256],
    { aliases: '--draft --draft-n --draft-max', unit: 'tokens' },
  ),
  integer(
    {
      name: 'draft_n_min',
      label: 'Fewest tokens guessed',
      help: 'Fewer guesses than this are dropped.',
      group: SPECULATION,
    },
    '--spec-draft-n-min',
    [0, 256],
    { aliases: '--draft-min --draft-n-min', unit: 'tokens' },
  ),
  decimal(
    {
      name: 'draft_p_min',
      label: 'Least probability',
      help: 'A guess less sure than this ends the guessing.',
      group: SPECULATION,
    },
    '--spec-draft-p-min',
    [0, 1],
    { aliases: '--draft-p-min' },
  ),
  integer(
    {
      name: 'draft_ngl',
      label: 'GPU layers of the draft model',
      help: 'Layers of the draft model on the GPU.',
      group: SPECULATION,
    },
    '--spec-draft-ngl',
    [0, 999],
    { aliases: '-ngld --gpu-layers-draft --n-gpu-layers-draft', unit: 'layers' },
  ),
  ...NGRAM_TYPES.flatMap((type) => ngramFields(type)),
  integer(
    {
      name: 'spec_ngram_mod_n_match',
      label: 'ngram-mod: match',
      help: 'Tokens that must have been said before in the same order.',
      group: SPECULATION,
    },
    '--spec-ngram-mod-n-match',
    [1, 1024],
    { unit: 'tokens' },
  ),
  integer(
    {
      name: 'spec_ngram_mod_n_min',
      label: 'ngram-mod: fewest guessed',
      help: 'Fewer guesses than this are dropped.',
      group: SPECULATION,
    },
    '--spec-ngram-mod-n-min',
    [0, 1024],
    { unit: 'tokens' },
  ),
  integer(
    {
      name: 'spec_ngram_mod_n_max',
      label: 'ngram-mod: most guessed',
      help: 'The most tokens guessed ahead.',
      group: SPECULATION,
    },
    '--spec-ngram-mod-n-max',
    [1, 1024],
    { unit: 'tokens' },
  ),
];

function ngramFields(type: (typeof NGRAM_TYPES)[number]): FieldRow[] {
  const name = `spec_ngram_${type.replace('-', '_')}`;
  const flag = `--spec-ngram-${type}`;
  return [
    integer(
      {
        name: `${name}_size_n`,
        label: `ngram-${type}: match`,
        help: 'Tokens that must have been said before in the same order.',
        group: SPECULATION,
      },
      `${flag}-size-n`,
      [1, 1024],
      { unit: 'tokens' },
    ),
    integer(
      {
        name: `${name}_size_m`,
        label: `ngram-${type}: guess`,
        help: 'Tokens guessed after a match.',
        group: SPECULATION,
      },
      `${flag}-size-m`,
      [1, 1024],
      { unit: 'tokens' },
    ),
    integer(
      {
        name: `${name}_min_hits`,
        label: `ngram-${type}: least matches`,
        help: 'A match must have been seen this often.',
        group: SPECULATION,
      },
      `${flag}-min-hits`,
      [1, 1024],
    ),
  ];
}
