//! Draws `fixtures/marks`: the smallest file that shows each carrier and each mark of the table in
//! `docs/detection.md`, with what must be found in it in `fixtures/marks.csv`. The builders are those of the
//! walkers' own tests. `GENLOCK_FIXTURES=write cargo test --lib detect::mark_fixtures` writes them anew; every
//! other run compares. A signature differs each time, so a signed file that is there is kept.

use std::collections::BTreeSet;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use crate::detect::container::{
    ape, avc, bmff, dpx, flac, flv, id3, irb, jpeg, matroska, mxf, png, riff, samsung, stealth,
    tiff,
};
use crate::detect::inflate::tests::{brotli, deflate};
use crate::detect::{Settings, examine, name_mark};

const LABEL: &str =
    r#"{"Label":"1","ContentProducer":"001191110108335469089C10100","ProduceID":"x"}"#;
const PARAMETERS: &str =
    "a lighthouse at night\nSteps: 28, Sampler: DPM++ 2M, CFG scale: 6.5, Seed: 27104, Size: 64x64";
const GRAPH: &str = r#"{"3":{"class_type":"KSampler","inputs":{"seed":5,"steps":20}}}"#;
const SUNO: &str =
    "made with suno; created=2026-01-02T03:04:05Z; id=11111111-2222-3333-4444-555555555555";

/// A file, by its name.
type File = (&'static str, Vec<u8>);

fn packet(attributes: &str) -> Vec<u8> {
    format!(
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' \
         xmlns:e='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' xmlns:p='http://ns.adobe.com/photoshop/1.0/' \
         xmlns:m='http://ns.adobe.com/xap/1.0/' xmlns:d='http://purl.org/dc/terms/' \
         xmlns:x5='http://ns.adobe.com/exif/1.0/'>\
         <r:Description {attributes}/></r:RDF></x:xmpmeta>"
    )
    .into_bytes()
}

/// A packet that declares the asset generated.
fn whole() -> Vec<u8> {
    packet(
        "e:DigitalSourceType='http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'",
    )
}

/// A PNG of one black pixel with texts.
fn texts(texts: &[(&str, &str)]) -> Vec<u8> {
    let chunks = texts
        .iter()
        .map(|(key, value)| png::tests::chunk(b"tEXt", format!("{key}\0{value}").as_bytes()))
        .collect();
    pixel(chunks)
}

fn pixel(mut chunks: Vec<Vec<u8>>) -> Vec<u8> {
    chunks.push(png::tests::chunk(b"IDAT", &deflate(&[0, 0])));
    let mut file = png::tests::png(&chunks);
    // Width, height, depth of a grey pixel, and the checksum of the header.
    file[16..29].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&file[12..29]);
    file[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    file
}

fn exif(tags: &[(u16, &[u8])]) -> Vec<u8> {
    let tags: Vec<_> = tags.iter().map(|(tag, value)| (*tag, 2, *value)).collect();
    tiff::tests::tiff(&tags)
}

/// A JPEG with one APP1.
fn app1(start: &[u8], data: &[u8]) -> Vec<u8> {
    jpeg::tests::jpeg(&[jpeg::tests::segment_bytes(0xe1, &[start, data].concat())])
}

fn exif_jpeg(tags: &[(u16, &[u8])]) -> Vec<u8> {
    app1(b"Exif\0\0", &exif(tags))
}

fn xmp_jpeg(packet: &[u8]) -> Vec<u8> {
    app1(b"http://ns.adobe.com/xap/1.0/\0", packet)
}

/// A JPEG whose packet goes on in another segment.
fn extended_jpeg(rest: &[u8]) -> Vec<u8> {
    let id = "0123456789ABCDEF0123456789ABCDEF";
    let first = [
        b"http://ns.adobe.com/xap/1.0/\0".as_slice(),
        &packet(&format!("xmlns:n='http://ns.adobe.com/xmp/note/' n:HasExtendedXMP='{id}'")),
    ];
    let size = u32::try_from(rest.len()).unwrap().to_be_bytes();
    let start = b"http://ns.adobe.com/xmp/extension/\0".as_slice();
    let more = [start, id.as_bytes(), &size, b"\0\0\0\0", rest];
    let segment = jpeg::tests::segment_bytes;
    jpeg::tests::jpeg(&[segment(0xe1, &first.concat()), segment(0xe1, &more.concat())])
}

/// A JPEG with one data set of IPTC-IIM.
fn iim_jpeg(dataset: u8, text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).unwrap();
    let iim = [b"\x1c\x02", &[dataset, 0, length][..], text.as_bytes()].concat();
    let resource = irb::tests::resource_bytes(0x0404, &iim);
    let body = [b"Photoshop 3.0\0", resource.as_slice()].concat();
    jpeg::tests::jpeg(&[jpeg::tests::segment_bytes(0xed, &body)])
}

/// A lossless `WebP` of one pixel.
fn webp(packet: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut out);
    encoder.set_xmp_metadata(packet.to_vec());
    encoder.encode(&[0; 3], 1, 1, image_webp::ColorType::Rgb8).unwrap();
    out
}

fn boxes(brand: [u8; 4], more: &[Vec<u8>]) -> Vec<u8> {
    let start = bmff::tests::bx(b"ftyp", &[brand.as_slice(), b"\0\0\0\0"].concat());
    [start, more.concat()].concat()
}

fn xmp_box(packet: &[u8]) -> Vec<u8> {
    let uuid = b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac";
    bmff::tests::bx(b"uuid", &[uuid.as_slice(), packet].concat())
}

/// `udta/meta` with one key and its value, as a film has it.
fn keyed(key: &str, value: &str) -> Vec<u8> {
    let bx = bmff::tests::bx;
    let name = [b"mdta", key.as_bytes()].concat();
    let size = u32::try_from(name.len() + 4).unwrap().to_be_bytes();
    let keys = bx(b"keys", &[b"\0\0\0\0\0\0\0\x01", &size[..], &name].concat());
    let data = bx(b"data", &[b"\0\0\0\x01\0\0\0\0", value.as_bytes()].concat());
    let list = bx(b"ilst", &bx(b"\0\0\0\x01", &data));
    let meta = bx(b"meta", &[vec![0; 4], bx(b"hdlr", &[0; 24]), keys, list].concat());
    bx(b"moov", &bx(b"udta", &meta))
}

/// `udta` with one text of `QuickTime`.
fn user_text(kind: [u8; 4], text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap().to_be_bytes();
    let body = [&length[..], b"\0\0", text.as_bytes()].concat();
    bmff::tests::bx(b"moov", &bmff::tests::bx(b"udta", &bmff::tests::bx(&kind, &body)))
}

/// A GIF of one pixel with an extension for XMP that holds this.
fn gif(extension: &[u8]) -> Vec<u8> {
    let start = b"GIF89a\x01\0\x01\0\0\0\0\x21\xff\x0bXMP DataXMP".as_slice();
    [start, extension, b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b"].concat()
}

/// A packet as it stands, with the trailer that makes it skippable.
fn bare(packet: &[u8]) -> Vec<u8> {
    packet.iter().copied().chain([1]).chain((0..=255).rev()).chain([0]).collect()
}

/// A packet in sub-blocks.
fn split(packet: &[u8]) -> Vec<u8> {
    let pieces = packet.chunks(255);
    let pieces = pieces.flat_map(|it| [&[u8::try_from(it.len()).unwrap()], it].concat());
    pieces.chain([0]).collect()
}

fn exr(name: &str, value: &str) -> Vec<u8> {
    let mut file = b"\x76\x2f\x31\x01\x02\0\0\0".to_vec();
    file.extend_from_slice(format!("{name}\0string\0").as_bytes());
    file.extend_from_slice(&u32::try_from(value.len()).unwrap().to_le_bytes());
    file.extend_from_slice(value.as_bytes());
    file.push(0);
    file
}

fn psd(packet: &[u8]) -> Vec<u8> {
    let resource = irb::tests::resource_bytes(0x0424, packet);
    let mut file = b"8BPS\0\x01".to_vec();
    file.extend_from_slice(&[0; 24]);
    file.extend_from_slice(&u32::try_from(resource.len()).unwrap().to_be_bytes());
    file.extend(resource);
    file
}

/// A tag in front, and another behind the sound, closed by a footer.
fn behind_sound() -> Vec<u8> {
    let title = id3::tests::id3(&[(b"TIT2", b"\0a")]);
    let mut tag = id3::tests::id3(&[(b"COMM", b"\0eng\0made with suno; created=x")]);
    (tag[3], tag[5]) = (4, 0x10);
    let footer = [b"3DI".as_slice(), &tag[3..10]].concat();
    [title.as_slice(), b"\xff\xfb\x90\0", &tag, &footer].concat()
}

/// A label in an object of its own, in hexadecimal, in a file with something before its header.
fn referred() -> Vec<u8> {
    let digits = LABEL.bytes().flat_map(|byte| [byte >> 4, byte & 15]);
    let hexadecimal: String = digits.filter_map(|it| char::from_digit(it.into(), 16)).collect();
    let objects = format!("1 0 obj << /AIGC 2 0 R >> endobj\n2 0 obj <{hexadecimal}> endobj\n");
    format!("\n%PDF-1.7\n{objects}%%EOF\n").into_bytes()
}

/// A list of texts of odd size, with nothing behind them.
fn unpadded() -> Vec<u8> {
    let texts = [(b"INAM", "odd"), (b"ICMT", PARAMETERS)];
    let texts = texts.map(|(kind, text)| riff::tests::bare(kind, text.as_bytes()));
    let list = [b"INFO".to_vec(), texts.concat()].concat();
    riff::tests::riff(b"WAVE", &[riff::tests::chunk(b"LIST", &list)])
}

/// A stem of Suno Studio.
fn studio() -> Vec<u8> {
    let (chunk, made) =
        (riff::tests::chunk, b"made with suno studio; created=2026-01-02T03:04:05Z\0");
    let info = [b"INFO".to_vec(), chunk(b"ICMT", made)].concat();
    riff::tests::riff(b"WAVE", &[chunk(b"LIST", &info)])
}

/// A label in a chunk of its own, behind the sound.
fn labelled() -> Vec<u8> {
    let chunk = riff::tests::chunk;
    riff::tests::riff(b"WAVE", &[chunk(b"data", &[0; 8]), chunk(b"AIGC", LABEL.as_bytes())])
}

fn containers() -> Vec<File> {
    let (bx, chunk, riff) = (bmff::tests::bx, riff::tests::chunk, riff::tests::riff);
    let xmp = whole();
    let made = b"made with suno; created=x";
    let mut bext = made.to_vec();
    bext.resize(602, 0);
    let note =
        format!("<BWFXML><USER><AIGC>{}</AIGC></USER></BWFXML>", LABEL.replace('"', "&quot;"));
    let size = u32::try_from(made.len()).unwrap().to_be_bytes();
    let aiff = [b"FORM\0\0\0\x25AIFFANNO".as_slice(), &size, made, b"\0"].concat();
    let info = [b"INFO".to_vec(), chunk(b"AIGC", LABEL.as_bytes())].concat();
    let raw = |magic: [u8; 2]| {
        let mut file = tiff::tests::tiff(&[(700, 1, &xmp)]);
        let at = if file.starts_with(b"II") { 2 } else { 3 };
        file[at..at + magic.len()].copy_from_slice(&magic);
        file
    };
    let jxl = b"\0\0\0\x0cJXL \r\n\x87\n".to_vec();
    let jp2 = b"\0\0\0\x0cjP  \r\n\x87\n".to_vec();
    let fragment =
        [bx(b"styp", b"msdh\0\0\0\0"), xmp_box(&xmp), bx(b"moof", &bx(b"mfhd", &[0; 8]))];
    let frag = bx(b"moof", &bx(b"mfhd", &[0; 8]));
    let initial = [keyed("AIGC", LABEL), frag.clone(), bx(b"mdat", &[0; 8])];
    let late = [frag, bx(b"mdat", &[0; 8]), xmp_box(&xmp)];
    let packed = [
        b"%PDF-1.7\n1 0 obj << /Type /ObjStm /Filter /FlateDecode >>stream\n".to_vec(),
        deflate(format!("7 0 <</AIGC({LABEL})>>").as_bytes()),
        b"\nendstream endobj\n%%EOF\n".to_vec(),
    ];
    let wide = String::from_utf8_lossy(&xmp).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let size = u32::try_from(xmp.len() + 4).unwrap().to_be_bytes();
    let appl = [b"FORM\0\0\0\0AIFFAPPL".as_slice(), &size, b"XMP ", &xmp].concat();
    let uuid = b"\x33\xc7\xa4\xd2\xb8\x1d\x47\x23\xa0\xba\xf1\xa3\xe0\x97\xad\x38";
    let credit = b"\x1c\x02\x6e\0\x13Made with Google AI";
    let credited = bx(b"uuid", &[uuid.as_slice(), credit].concat());
    let iptc = [jp2.clone(), bx(b"ftyp", b"jp2 \0\0\0\0jp2 "), credited].concat();
    vec![
        ("extended.jpg", extended_jpeg(&xmp)),
        (
            "comment.jpg",
            jpeg::tests::jpeg(&[jpeg::tests::segment_bytes(0xfe, PARAMETERS.as_bytes())]),
        ),
        ("xmp.webp", webp(&xmp)),
        ("bext.wav", riff(b"WAVE", &[chunk(b"bext", &bext)])),
        ("ixml.wav", riff(b"WAVE", &[chunk(b"iXML", note.as_bytes())])),
        ("anno.aiff", aiff),
        ("info.avi", riff(b"AVI ", &[chunk(b"LIST", &info)])),
        ("unpadded.wav", unpadded()),
        ("xmp.gif", gif(&bare(&xmp))),
        ("split.gif", gif(&split(&xmp))),
        ("xmp.tif", tiff::tests::tiff(&[(700, 1, &xmp)])),
        ("xmp.rw2", raw(*b"U\0")),
        ("xmp.orf", raw(*b"RO")),
        ("xmp.heic", boxes(*b"heic", &[xmp_box(&xmp)])),
        ("xmp.cr3", boxes(*b"crx ", &[xmp_box(&xmp)])),
        ("keys.mp4", boxes(*b"isom", &[keyed("AIGC", LABEL)])),
        ("initial.mp4", boxes(*b"iso6", &initial)),
        ("late.mp4", boxes(*b"iso6", &late)),
        ("fragment.m4s", fragment.concat()),
        ("text.mov", boxes(*b"qt  ", &[user_text(*b"\xa9cmt", SUNO)])),
        ("brob.jxl", [jxl, bx(b"brob", &[b"xml ".to_vec(), brotli(&xmp)].concat())].concat()),
        ("xml.jp2", [jp2, bx(b"ftyp", b"jp2 \0\0\0\0jp2 "), bx(b"xml ", &xmp)].concat()),
        ("tag.webm", matroska::tests::tagged("AIGC", LABEL)),
        ("tagged.mxf", mxf::tests::mxf(4, 0, &mxf::tests::tagged("AIGC", LABEL))),
        (
            "streamed.mxf",
            mxf::tests::streamed(&[b"<?xpacket begin=''?>".as_slice(), &xmp].concat()),
        ),
        ("metadata.flv", flv::tests::flv(&[("AIGC", LABEL)])),
        ("suno.mp3", id3::tests::id3(&[(b"COMM", format!("\0eng\0{SUNO}").as_bytes())])),
        ("ape.mp3", ape::tests::ape(&[("AIGC", LABEL)])),
        ("comment.flac", flac::tests::flac(&[&format!("comment={SUNO}")])),
        ("comment.opus", flac::tests::opus(&[&format!("AIGC={LABEL}")])),
        ("prompt.exr", exr("prompt", GRAPH)),
        ("user.dpx", dpx::tests::dpx(&[(160, b"someone")], "AIGC", LABEL.as_bytes())),
        ("xmp.psd", psd(&xmp)),
        ("packed.pdf", packed.concat()),
        (
            "info.pdf",
            format!("%PDF-1.7\n1 0 obj << /AIGC ({LABEL}) >> endobj\n%%EOF\n").into_bytes(),
        ),
        (
            "metadata.svg",
            [
                b"<svg xmlns='http://www.w3.org/2000/svg'><metadata>".as_slice(),
                &xmp,
                b"</metadata></svg>",
            ]
            .concat(),
        ),
        ("parameters.txt", PARAMETERS.as_bytes().to_vec()),
        ("sidecar.xmp", xmp.clone()),
        ("wide.xmp", wide),
        ("appl.aiff", appl),
        ("behind.mp3", behind_sound()),
        ("refers.pdf", referred()),
        ("iptc.jp2", iptc),
        ("graph.json", GRAPH.as_bytes().to_vec()),
        ("hidden.webp", stealth::tests::hide_in_webp(16, 128, PARAMETERS.as_bytes())),
        ("hidden.png", stealth::tests::hide("stealth_pngcomp", 16, 128, PARAMETERS.as_bytes())),
    ]
}

fn marks() -> Vec<File> {
    let id = "11111111-2222-3333-4444-555555555555";
    let signature = format!("Signature: {}", "Ab1+".repeat(20));
    let doubao = r#"{"data":{"product":"dreamina","exportType":"generation"}}"#;
    let tencent =
        r#"{"ServiceProvider":"x","ServiceUser":"7","Time":"1750000000","ContentId":"a"}"#;
    let clean_up = "p:Credit='Apple Photos Clean Up' \
        e:DigitalSourceType='http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia'";
    let samsung = |told: &str| [jpeg::tests::jpeg(&[]), samsung::tests::trailer(told)].concat();
    let described =
        format!("xmlns:c='http://purl.org/dc/elements/1.1/' c:description='{PARAMETERS}'");
    let wide: Vec<u8> = GRAPH.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let comment = app1(b"Exif\0\0", &tiff::tests::tiff(&[(0x9c9c, 1, &wide)]));
    let escaped = serde_json::to_string(r#"{"ProduceID":"x"}"#).unwrap();
    let label = bmff::tests::bx(b"AIGC", &[b"\0\0\0\0", escaped.as_bytes()].concat());
    vec![
        (
            "schema_org.mp4",
            boxes(
                *b"isom",
                &[keyed(
                    "DigitalSourceType",
                    "https://schema.org/TrainedAlgorithmicMediaDigitalSource",
                )],
            ),
        ),
        ("credit_google.jpg", iim_jpeg(110, "Made with Google AI")),
        ("credit_google_edit.jpg", iim_jpeg(110, "Edited with Google AI")),
        ("credit_apple.jpg", xmp_jpeg(&packet(clean_up))),
        ("credit_apple_edit.jpg", iim_jpeg(110, "Apple Photos Generative Edit: Cl")),
        ("credit_apple_playground.jpg", xmp_jpeg(&packet("p:Credit='Apple Image Playground'"))),
        (
            "ai_system.jpg",
            xmp_jpeg(&packet("e:AISystemUsed='Google Gemini' e:AIPromptInformation='a cat'")),
        ),
        ("label.wav", labelled()),
        ("studio.wav", studio()),
        ("label_suspected.png", texts(&[("AIGC", r#"{"Label":"3","ContentProducer":"doubao"}"#)])),
        ("label_tencent.jpg", exif_jpeg(&[(270, tencent.as_bytes())])),
        ("export_dreamina.jpg", exif_jpeg(&[(270, doubao.as_bytes())])),
        ("tiktok.mp4", boxes(*b"isom", &[keyed("aigc_info", r#"{"aigc_label_type":1}"#)])),
        ("described.jpg", xmp_jpeg(&packet(&described))),
        ("caption.jpg", iim_jpeg(120, PARAMETERS)),
        ("comfyui.jpg", comment),
        (
            "label.mov",
            boxes(*b"qt  ", &[bmff::tests::bx(b"moov", &bmff::tests::bx(b"udta", &label))]),
        ),
        ("comfyui.webm", matroska::tests::tagged("PROMPT", GRAPH)),
        ("comfyui.flac", flac::tests::flac(&[&format!("prompt={GRAPH}")])),
        ("comfyui.mp4", boxes(*b"isom", &[keyed("prompt", GRAPH)])),
        ("midjourney.png", texts(&[("Description", &format!("a fox --v 4 Job ID: {id}"))])),
        ("grok.jpg", exif_jpeg(&[(270, signature.as_bytes()), (315, id.as_bytes())])),
        ("grok.png", texts(&[("Description", &signature), ("Author", id)])),
        ("samsung.jpg", samsung(r#"{"genAIType":2}"#)),
        ("samsung_edits.jpg", samsung(r#"{"edits":[{"genAIType":0},{"genAIType":1}]}"#)),
        ("kling.mp4", avc::tests::film(&[&[9, 0x10], &avc::tests::kling(), &[0x65, 1, 2]])),
        (
            "ideogram.png",
            pixel(vec![png::tests::chunk(b"eXIf", &exif(&[(271, b"Ideogram AI\0")]))]),
        ),
        ("aphrodite.jpg", exif_jpeg(&[(271, b"Aphrodite AI\0")])),
        ("reve.jpg", exif_jpeg(&[(305, b"reve.com\0")])),
        ("luma.png", texts(&[("Source", "Luma AI")])),
        ("veo.mp4", boxes(*b"isom", &[user_text(*b"\xa9too", "Google")])),
        ("udio.mp3", id3::tests::id3(&[(b"COMM", b"\0eng\0made with udio")])),
        ("seedream.jpg", exif_jpeg(&[(315, "0123456789abcdef".repeat(4).as_bytes())])),
        ("hf_job.png", texts(&[("hf-job-id", "0123456789abcdef")])),
        ("extras.png", texts(&[("extras", "Upscale: 2, visibility: 1.0")])),
        (
            "remote.jpg",
            xmp_jpeg(&packet("d:provenance='https://cai-manifests.adobe.com/manifests/x'")),
        ),
        ("ChatGPT Image Apr 1, 2025, 10_31_08 AM.png", pixel(Vec::new())),
    ]
}

/// What local programs write.
fn local() -> Vec<File> {
    let draw_things =
        r#"x5:UserComment='{"c":"x","model":"m","sampler":"DPM++ 2M Karras","seed":1,"steps":2}'"#;
    let easy: &[(&str, &str)] =
        &[("prompt", "x"), ("seed", "1"), ("num_inference_steps", "25"), ("sampler_name", "euler")];
    let novelai = r#"{"steps":28,"sampler":"k_euler","seed":1,"strength":0.7,"scale":11,"uc":"x"}"#;
    let space = r#"{"prompt":"a fox","negative_prompt":"","resolution":"832 x 1216","guidance_scale":7,"num_inference_steps":28,"seed":1}"#;
    let art =
        r#"{"prompt":"a fox","seed":"123","steps":25,"cfgScale":7,"baseModel":{"label":"x"}}"#;
    let matrix =
        r#"{"PositivePrompt":"a fox","NegativePrompt":"","Seed":1,"Steps":20,"CfgScale":7}"#;
    let mflux = r#"{"mflux_version":"0.9.6","model":"dev","seed":42,"steps":20,"prompt":"a fox"}"#;
    let enlarged = r#"{"1":{"class_type":"LoadImage","inputs":{}},"2":{"class_type":"ImageUpscaleWithModel","inputs":{"image":["1",0]}}}"#;
    let civitai = r#"{"prompt":"a fox","negativePrompt":"","cfgScale":7,"sampler":"Euler a","steps":25,"seed":1}"#;
    let masked = format!("{PARAMETERS}, Mask blur: 4");
    let infill = r#"{"prompt":"x","steps":28,"sampler":"k_euler","seed":1,"scale":5,"uc":"","request_type":"NativeInfillingRequest"}"#;
    let inpaint = r#"{"1":{"class_type":"LoadImage","inputs":{}},"2":{"class_type":"VAEEncodeForInpaint","inputs":{"pixels":["1",0]}}}"#;
    let scaled = r#"{"1":{"class_type":"LoadImage","inputs":{}},"2":{"class_type":"ImageScale","inputs":{"image":["1",0]}}}"#;
    let service = r#"{"1":{"class_type":"GrokImageNode","inputs":{"prompt":"a fox","seed":1}},"2":{"class_type":"SaveImage","inputs":{"images":["1",0]}}}"#;
    let filled = r#"{"1":{"class_type":"LoadImage","inputs":{}},"2":{"class_type":"FluxProFillNode","inputs":{"image":["1",0],"mask":["1",1]}},"3":{"class_type":"SaveImage","inputs":{"images":["2",0]}}}"#;
    let described = r#"{"1":{"class_type":"LoadImage","inputs":{}},"2":{"class_type":"GeminiNode","inputs":{"images":["1",0],"prompt":"describe","seed":1}},"3":{"class_type":"SaveImage","inputs":{"images":["1",0]}}}"#;
    vec![
        (
            "invokeai.png",
            texts(&[("invokeai_metadata", r#"{"generation_mode":"txt2img","seed":1}"#)]),
        ),
        ("invokeai_oldest.png", texts(&[("Dream", "\"a cat\" -s 50 -S 12 -W 512")])),
        ("novelai.png", texts(&[("Software", "NovelAI"), ("Title", "AI generated image")])),
        ("novelai_settings.png", texts(&[("Comment", novelai)])),
        ("space.png", texts(&[("parameters", space)])),
        ("tensor_art.png", texts(&[("generation_data", art)])),
        ("civitai_upscale.png", texts(&[("prompt", enlarged), ("extraMetadata", civitai)])),
        ("mflux.jpg", exif_jpeg(&[(270, mflux.as_bytes())])),
        ("stability_matrix.png", texts(&[("parameters-json", matrix)])),
        ("inpainted.png", texts(&[("parameters", &masked)])),
        (
            "invokeai_inpaint.png",
            texts(&[("invokeai_metadata", r#"{"generation_mode":"inpaint"}"#)]),
        ),
        ("novelai_infill.png", texts(&[("Software", "NovelAI"), ("Comment", infill)])),
        ("comfyui_inpaint.png", texts(&[("prompt", inpaint)])),
        ("comfyui_scaled.png", texts(&[("prompt", scaled)])),
        ("comfyui_service.png", texts(&[("prompt", service)])),
        ("comfyui_fill.png", texts(&[("prompt", filled)])),
        ("comfyui_described.png", texts(&[("prompt", described)])),
        ("ideogram.xmp", packet("xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Make='Ideogram AI'")),
        ("fooocus.png", texts(&[("fooocus_scheme", "fooocus")])),
        (
            "swarmui.png",
            texts(&[("parameters", r#"{"sui_image_params":{"prompt":"x","seed":1}}"#)]),
        ),
        (
            "draw_things.png",
            pixel(vec![png::tests::chunk(
                b"iTXt",
                &[b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), &packet(draw_things)].concat(),
            )]),
        ),
        ("easy_diffusion.png", texts(easy)),
    ]
}

mod signed {
    //! Signed with the test certificate of the other fixtures.

    use std::io::Cursor;

    use c2pa::{Builder, SigningAlg, create_signer};
    use serde_json::json;

    use super::{File, pixel};

    const CERTIFICATE: &[u8] =
        include_bytes!("../../fixtures/generate/keys/TEST_ONLY_leaf_cert.pem");
    const KEY: &[u8] = include_bytes!("../../fixtures/generate/keys/TEST_ONLY_leaf_key.pem");

    fn sign(generator: &str, action: &serde_json::Value, embed: bool) -> (Vec<u8>, Vec<u8>) {
        let definition = json!({
            "claim_generator_info": [{"name": generator, "version": "1.0"}],
            "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
        });
        let mut builder = Builder::default().with_definition(definition).unwrap();
        builder.set_no_embed(!embed);
        let signer = create_signer::from_keys(CERTIFICATE, KEY, SigningAlg::Es256, None).unwrap();
        let mut out = Cursor::new(Vec::new());
        let plain = pixel(Vec::new());
        let store = builder.sign(&*signer, "image/png", &mut Cursor::new(plain), &mut out).unwrap();
        (out.into_inner(), store)
    }

    pub fn all() -> Vec<File> {
        let silent =
            json!({"action": "c2pa.created", "softwareAgent": "Image Creator from Designer"});
        let (designer, _) = sign("Microsoft_Responsible_AI", &silent, true);
        let term = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
        let told = json!({
            "action": "c2pa.created", "digitalSourceType": term, "softwareAgent": "Fictional Generator",
        });
        let (media, store) = sign("Fictional Service", &told, false);
        vec![("designer.png", designer), ("beside.png", media), ("beside.c2pa", store)]
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/marks")
}

/// What is found in a file, its name included: the strongest mark's detector and strength.
fn row(name: &str, data: &[u8]) -> String {
    let settings = Settings::default().deep(true);
    let got = examine(&mut Cursor::new(data), data.len() as u64, data, &settings);
    assert_eq!(got.examination.problems, [], "{name}");
    let mut all = got.examination.evidence;
    all.extend(got.hidden);
    all.extend(name_mark(name.as_bytes()));
    let best = all.iter().rev().max_by_key(|one| one.strength);
    let best = best.unwrap_or_else(|| panic!("{name} ({}) shows nothing", got.media_type));
    let term = best.source_type.map_or("", |known| known.term());
    let name = name.replace(',', ";");
    format!("{name},{},{},{},{term}\n", got.media_type, best.detector, best.strength.as_str())
}

#[test]
fn each_fixture_is_what_is_drawn_and_shows_its_mark() {
    let write = std::env::var("GENLOCK_FIXTURES").is_ok_and(|word| word == "write");
    let mut files = containers();
    files.extend(marks());
    files.extend(local());
    let mut table = String::from("file,media type,detector,strength,source type\n");
    let mut rows = BTreeSet::new();
    for (name, data) in &files {
        let path = folder().join(name);
        if write {
            fs::create_dir_all(folder()).unwrap();
            fs::write(&path, data).unwrap();
        }
        assert!(fs::read(&path).unwrap() == *data, "{name} differs from what is drawn");
        rows.insert(row(name, data));
    }
    let there = |(name, _): &File| folder().join(name).is_file();
    let signed = signed::all();
    if write && !signed.iter().all(there) {
        for (name, data) in &signed {
            fs::write(folder().join(name), data).unwrap();
        }
    }
    for (name, _) in signed.iter().filter(|(name, _)| *name != "beside.png") {
        rows.insert(row(name, &fs::read(folder().join(name)).unwrap()));
    }
    table.extend(rows);
    let expected = folder().with_extension("csv");
    if write {
        fs::write(&expected, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(&expected).unwrap(), table);
}

#[test]
fn every_row_of_the_table_names_a_fixture_that_is_there() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(repository.join("docs/detection.md")).unwrap();
    let start = page.find("## Containers").unwrap();
    let end = page.find("## Versions").unwrap();
    let mut named = BTreeSet::new();
    let mut rows = 0;
    let is_row = |line: &&str| line.starts_with("| ") && !line.ends_with("| proved by |");
    for line in page[start..end].lines().filter(is_row) {
        let proof = line.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let words = proof.split('`').skip(1).step_by(2);
        let files: Vec<&str> = words
            .filter(|word| word.starts_with("marks/") || word.starts_with("editorial/"))
            .collect();
        assert!(!files.is_empty(), "no fixture proves: {line}");
        for file in files {
            assert!(
                repository.join("fixtures").join(file).is_file(),
                "{file} is not there: {line}"
            );
            named.insert(file.to_owned());
        }
        rows += 1;
    }
    assert!(rows > 35, "the tables lost their rows: {rows}");
    for entry in fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(named.contains(&format!("marks/{name}")), "no row of the table names {name}");
    }
}
