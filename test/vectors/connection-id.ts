/**
 * What mbedTLS said to mbedTLS: recorded between ssl_client2 and ssl_server2 of Mbed TLS 3.5.1, with `dtls=1 cid=1 psk=…` and
 * `request_size=20`; the master secrets are what `nss_keylog=1` printed. Both sides pad what they protect to 16 bytes. Bytes
 * are in hexadecimal digits.
 */

export interface RecordedSession {
  /** IANA's number. */
  readonly suite: number;
  readonly masterSecret: string;
  readonly clientRandom: string;
  readonly serverRandom: string;
  /** In what the client sends, and in what the server sends. */
  readonly connectionIds: { readonly client: string; readonly server: string };
  readonly records: readonly RecordedRecord[];
}

export interface RecordedRecord {
  readonly from: "client" | "server";
  readonly bytes: string;
  /** What is within: its type, its length, and its beginning, which is all that is known beforehand of a Finished. */
  readonly content: { readonly type: number; readonly length: number; readonly begins: string };
}

const FINISHED = { type: 22, length: 24, begins: "1400000c" };
const REQUEST = { type: 23, length: 20, begins: Buffer.from("GET / HTTP/1.0\r\n").toString("hex") };
const CLOSE_NOTIFY = { type: 21, length: 2, begins: "0100" };

export const RECORDED_SESSIONS: readonly RecordedSession[] = [
  {
    suite: 0xc0a8,
    masterSecret: "86372e5dddce958ecc4c8e634101759ffa763f44af71b12af2cddb177cd4bfdbe1c7c0b92898c9bef29ef1c9d13b483f",
    clientRandom: "6b03838077d768f6bd5f3393680e984ed1e4db3aff4293c11aa8f63ca4735ccd",
    serverRandom: "6b038380c4f27ab7955022946a55a2d7be06146b05b81fe18d7307ca5abde86e",
    connectionIds: { client: "5e5e0102", server: "c1" },
    records: [
      {
        from: "client",
        bytes:
          "19fefd00010000000000005e5e010200300001000000000000885b8810917036ac216d0e95da155467b294383c895cffac9c49fa6abbbf74d5362c13253250585c",
        content: FINISHED,
      },
      {
        from: "server",
        bytes:
          "19fefd0001000000000000c100300001000000000000607bc7c00bab326eadb84f2eeabbef3acc7750513753f05d8a17e337c993edde041377d3108cc27f",
        content: FINISHED,
      },
      {
        from: "client",
        bytes:
          "19fefd00010000000000015e5e010200300001000000000001248d220f7ff4755b0e07be789072e30ac5fb861e5bb450eb4f29069763f2dd6f0ffdcdd104458725",
        content: REQUEST,
      },
      {
        from: "server",
        bytes: "19fefd0001000000000002c100200001000000000002c3db990983fd860bae654e91d814d6bf1b6c9cd6ea49ab14",
        content: CLOSE_NOTIFY,
      },
      {
        from: "client",
        bytes: "19fefd00010000000000025e5e010200200001000000000002a64ef3d4423a6eae2b7583886c1c0a3060ad0844170cdabc",
        content: CLOSE_NOTIFY,
      },
    ],
  },
  {
    suite: 0x00a9,
    masterSecret: "d680db8e7e06f7383a25e82a796f2047ff43f59897feef44f7c7a3b527b80a3b66e2be5ed391690e6d0dd33be2e36ade",
    clientRandom: "6b0383818bdc126531b38f455d0d7d2cfdaee87c5aff2d13dbefdf1b9fb0e668",
    serverRandom: "6b038381a4d84f3fec59dbc78089bf0b328aaf63122b1040fdd18462e51fd8d6",
    connectionIds: { client: "5e5e0102", server: "c1" },
    records: [
      {
        from: "client",
        bytes:
          "19fefd00010000000000005e5e010200380001000000000000e4db5e4a68ab9cc09d542ca876bcc66ca231fe6b75f5e0f039e5fcedff7c48774396f1462b528b11ffb1d74e8061593e",
        content: FINISHED,
      },
      {
        from: "server",
        bytes:
          "19fefd0001000000000000c10038000100000000000001e8645cb4c1dd79fc757122f23a3db320e0dd2c349db6cc4f112308fdd83338ffc92dd30d245de883e947ed65d89cec",
        content: FINISHED,
      },
      {
        from: "client",
        bytes:
          "19fefd00010000000000015e5e010200380001000000000001fb83566468c82a3fbbd50a9575b0b5c8bf3db827e8a5e49bcace1752b8a8a1fe9559d8bcb9cec001f3d6b2b19ab8f9cc",
        content: REQUEST,
      },
      {
        from: "server",
        bytes:
          "19fefd0001000000000002c100280001000000000002128fb3f4687fb5f518e6dfaeb467775bcab91bde0ca64a42b49c8569603512b5",
        content: CLOSE_NOTIFY,
      },
      {
        from: "client",
        bytes:
          "19fefd00010000000000025e5e010200280001000000000002dd5ea06099e4c0775eafaad91ec5f0deacfdeda62d95d1b348bc9dab880f0311",
        content: CLOSE_NOTIFY,
      },
    ],
  },
];
