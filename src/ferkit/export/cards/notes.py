"""Fixed texts on every model's page: limitations, law and data. Facts with their sources, without
figures of a model.
"""

from __future__ import annotations

LIMITS = """\
- It classifies the **apparent expression** of a face, as people labelled it, not what a person
  feels. Expressions and feelings agree less reliably than is widely assumed (L. F. Barrett et al.,
  "Emotional Expressions Reconsidered: Challenges to Inferring Emotion From Human Facial Movements",
  *Psychological Science in the Public Interest* 20(1), 2019).
- It was trained on FER-2013, photographs from the web of 2013 that were found by searching for
  emotion words: often posed, cropped by a face detector, grey, 48x48 pixels. On video, with other
  cameras, and on profiles and covered faces, it is less accurate than in the tables. Evaluate it on
  your own images (`ferkit evaluate`) before you rely on it.
- The labels are noisy. People agree with them in 65 ± 5 of 100 cases (I. J. Goodfellow et al.,
  "Challenges in Representation Learning: A report on three machine learning contests", ICONIP
  2013).
- FER-2013 has no demographic labels, so it cannot show whether a model is equally accurate for
  everybody. Data sets of this kind are known to represent people unequally, by apparent race, age
  and gender, and to associate some emotions with some groups (T. Xu et al., "Investigating Bias and
  Fairness in Facial Expression Recognition", ECCV Workshops 2020; I. Dominguez-Catena et al.,
  "Metrics for Dataset Demographic Bias: A Case Study on Facial Expression Recognition", *IEEE
  TPAMI* 2024). Expect the model to have learned this.
- Do not use it for any decision about a person: not about hiring, credit, guilt, health or
  truthfulness.
"""

LAW = """\
Regulation (EU) 2024/1689, the AI Act. This is not legal advice, and other laws apply as well:

- **Article 5(1)(f)** prohibits AI systems that infer emotions of people at the **workplace** and in
  **educational institutions**, except for medical or safety reasons. It has applied since 2
  February 2025. Do not use this model there.
- **Annex III, point 1(c)**: AI systems intended for emotion recognition are **high-risk**
  elsewhere, with the duties of Chapter III.
- **Article 50(3)**: users of an emotion recognition system must **inform** the people who are
  exposed to it, and must process their data according to the General Data Protection Regulation.
  Pictures of faces are personal data.
"""

DATA = """\
FER-2013 was collected by Pierre-Luc Carrier and Aaron Courville for the challenge at ICML 2013 from
images found by a web search. The people in them were not asked for consent, and the rights in the
photographs belong to their owners. The data of the challenge has no open licence. ferkit ships none
of its images. Whether weights trained on such photographs may be used for a given purpose is not
settled in every country; ferkit's own files are offered under its MIT licence as far as ferkit can
grant it.
"""

FERPLUS = """\
During training, a second head also learned the votes of ten people for each image from FER+ (E.
Barsoum et al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016; MIT licence). The shipped file does not contain that head. The figures of
this model are figures **with extra labels**: state this when you compare them with models that
learned only from FER-2013's labels.
"""

WILD_USE = """\
These models classify a calm face as neutral. Two heads on one network learned FER-2013's labels and
the votes of ten people on each image (FER+); the shipped head combines both. The models know
contempt as an eighth class; request it with `classes=8`, otherwise its probability is distributed
among the seven in proportion to theirs.

- Photographs: accuracy, mean recall (balanced), recall of neutral and calibration error (ECE) on
  1,190 news photographs. Weighting of the heads, temperature and threshold of uncertainty were
  chosen on them, and so were the members of `base-wild` and `best-wild`.
- FER+ test: agreement with the majority of the votes, eight classes.
- FER-2013 test: many calm faces are labelled sad or angry there, so low agreement is intended.

All figures are in per cent and average each face and its mirror image, as recognition does by
default. MMAC are millions of multiply-accumulate operations per face.
"""

FER2013_USE = """\
These models predict FER-2013's own labels. Use them for experiments on FER-2013 and for comparisons
with papers. On ordinary photographs they classify about seven in ten calm faces as sad, angry or
afraid. Accuracies refer to FER-2013's test split (PrivateTest), which was not used for any choice;
`clean` excludes images with a pixel-identical twin in the training split. `nano`, `small` and
`base`, their names before version 0.1, still work. `best-fer2013` contains the mirror image.
"""

WILD_LIMITS = """\
- The photographs on which it was chosen show people in the news, from Labeled Faces in the Wild:
  mostly adults, mostly men, facing the camera. Each was labelled by one student. A second person
  labelled 498 pictures from the same source, agreed on half of them, and chose neutral far less
  often.
- Contempt, disgust and fear are rare in its training data; it hardly ever predicts them.
"""

WILD_FERPLUS = """\
It learned FER-2013's labels and the votes of ten people for each image from FER+ (E. Barsoum et
al., "Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
Distribution", ICMI 2016; MIT licence), and its predictions combine both. Its figures on FER-2013's
own labels show how often it agrees with these labels, not how good it is.
"""

CHOSEN = """\
Epoch, seed, temperature and threshold were chosen on validation, so validation figures are slightly
optimistic; test was not used for any choice. Confidences are calibrated for one pass, not for the
mean over views."""

CHOSEN_MEMBERS = """\
Each member's epoch, and temperature and threshold of the ensemble, were chosen on validation (for a
model for photographs: on photographs); test was not used for any choice. The next table shows the
single members, by their head for these labels and without the mirror image."""

CHOSEN_WILD = """\
The epoch was chosen on validation by the head for these labels, which has a weight of {share};
test was not used for any choice. The figures of the seeds below are those of this head alone."""
