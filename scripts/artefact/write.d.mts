/** For those who write artefacts in TypeScript. */
export interface Written {
  readonly home: string;
  readonly file: string;
  readonly told: {
    readonly version: string;
    readonly arch: string;
    readonly state: { readonly gateway: number; readonly history: number };
  };
  readonly quick?: boolean;
}
export function writeArtefact(written: Written): Promise<void>;
export function signedPart(file: string): Uint8Array;
export function signArtefact(file: string, pem: string | Uint8Array): void;
export function putSignature(file: string, signature: Uint8Array): void;
