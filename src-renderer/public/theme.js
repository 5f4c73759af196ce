// Runs before the first paint, as a file because the content security policy allows no inline script.
{
  const stored = localStorage.getItem('cortex.theme');
  const dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
}
