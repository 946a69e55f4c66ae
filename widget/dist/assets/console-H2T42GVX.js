import"./chunk-MT6VVA44.js";import"./chunk-QRW2P5BG.js";import"./chunk-DQBY732M.js";import"./chunk-M2TK3NC7.js";
