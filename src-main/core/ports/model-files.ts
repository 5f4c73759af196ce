/** Finds the file behind a model's `local_path`, inside the folders the owner allowed. */
export interface ModelFiles {
  /**
   * The real path of the .gguf to load: `localPath` is absolute or relative to the base directory, a file or a folder
   * with exactly one startable model; a regular file always. Throws AppError `path_outside_library`, `path_not_found`,
   * `path_not_readable`, `no_model_file` or `several_model_files`.
   */
  resolve(localPath: string): Promise<string>;
  /**
   * The real path of what vLLM takes: a folder with weights, or one .gguf file. Throws AppError `path_outside_library`,
   * `path_not_found`, `path_not_readable` or `no_model_file`.
   */
  resolveForVllm(localPath: string): Promise<string>;
}
