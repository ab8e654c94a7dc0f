import type { ServerWarning } from '#shared/domain/server.ts';

/**
 * What engines say when they were to use a GPU and found none: sherpa-onnx and ONNX Runtime ("Fallback to cpu", "CUDAExecutionProvider is not
 * available"), whisper.cpp ("no GPU found"), PyTorch ("Torch not compiled with CUDA enabled", "Found no NVIDIA driver", "CUDA is not available"), CTranslate2.
 */
const CPU_FALLBACK = [
  /fall(?:s|ing)?[ -]?back(?: to)? (?:the )?cpu\b/i,
  /\bno (?:cuda |usable |compatible )?gpus? (?:was |were |is |are )?(?:found|detected|available)\b/i,
  /CUDAExecutionProvider.{0,60}\bnot (?:available|in available)/i,
  /\bcuda (?:is |was )?(?:not available|unavailable)\b/i,
  /Torch not compiled with CUDA/i,
  /\bno NVIDIA driver\b/i,
  /no CUDA-capable device/i,
];

/** What a line of a server's output warns of; null for most lines. */
export function warningOf(line: string): ServerWarning | null {
  return CPU_FALLBACK.some((pattern) => pattern.test(line)) ? 'cpuFallback' : null;
}
