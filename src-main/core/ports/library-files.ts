/** Finds a companion file of a model (template, projector, draft model) inside the folders the owner allowed. */
export interface LibraryFiles {
  /**
   * The real path of one regular file; `path` is absolute or relative to the base directory. Throws AppError
   * `path_outside_library`, `path_not_found` or `path_not_readable`.
   */
  resolveFile(path: string): Promise<string>;
  /** As `resolveFile`, for what may be a folder too: a tokenizer, an adapter. */
  resolveEntry(path: string): Promise<string>;
}
