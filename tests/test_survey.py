"""What surveys print: typed once, with its true table and row, and possible or not."""

import pytest

from gansec_lib import systems
from gansec_lib.errors import ParameterError
from gansec_lib.survey.audit import audit
from gansec_lib.survey.printed import ANY, PRINTED, TABLE_8, printed, published


@pytest.fixture(scope="module")
def survey(project):
    """The survey's own text, beside the project."""
    folder = project.parent / "shared" / "seeds"
    found = [p for p in sorted(folder.glob("001_*.txt")) if p.is_file()]
    if not found:
        pytest.skip("the survey's text is not on this machine: no ../shared/seeds/001_*.txt")
    return found[0].read_text("utf-8")


def test_every_row_is_what_the_survey_prints(survey):
    table = survey.partition("\nTable 8\n")[2].partition("\nTable 9\n")[0]
    printed = {
        cells[0]: [None if cell in ("_", "-") else float(cell) for cell in cells[1:]]
        for cells in (line.split("\t") for line in table.splitlines())
        if cells[0].startswith("[")
    }
    assert list(printed) == list(TABLE_8)
    for name, row in TABLE_8.items():
        ours = [row.npcr, row.uaci, row.psnr, row.ssim, row.chi_square, row.entropy]
        ours += [row.encrypt, row.decrypt, row.horizontal, row.vertical, row.diagonal]
        assert ours == printed[name], name


def test_the_references_are_the_papers(survey):
    """A row belongs to the paper that the system names: its authors stand in the references."""
    built = {one.system: one.where.split()[-1] for one in PRINTED if one.system in systems.TABLE}
    assert len(built) == 9
    for key_name, reference in built.items():
        (line,) = (x for x in survey.splitlines() if x.startswith(f"- {reference} "))
        family = systems.TABLE[key_name].paper.split("]")[1].split()[0].rstrip(",")
        assert family in line, key_name


def test_pictures_are_those_that_the_survey_names(survey):
    """The X-rays of [71] were said to be Montgomery's; the survey names three sets and not that."""
    assert "Montgomery" not in survey
    (row,) = (x for x in survey.splitlines() if x.startswith("[71]\tSecure"))
    assert "Ultrasonic, chest Xray, BraTS18" in row
    assert "BraTS18" in TABLE_8["[71]"].pictures and "ultrasonic" in TABLE_8["[71]"].pictures


def test_what_is_asked_of_any_scheme(survey):
    table = survey.partition("\n Table 4\n")[2].partition("\nFig. 6")[0]
    assert "0.9960, and 0.3340" in table and "greater than 28 dB" in table
    assert "2^{100}" in table and "close to 8" in table
    found = published(ANY)
    assert found["npcr_nonce_held"]["value"] == 99.6 and found["uaci_nonce_held"]["value"] == 33.4
    assert found["psnr_decrypted"]["value"] == 28 and found["key_space_nominal"]["value"] == 100


def test_systems_take_their_published_values_from_here():
    names = {one.system for one in PRINTED} & systems.TABLE.keys()
    assert len(names) == 9 and not {one.system for one in PRINTED} - names - {ANY, *TABLE_8}
    for name in names:
        for metric, claim in systems.get(name).published.items():
            assert claim["source"].startswith("survey (Singh et al. 2024), Table 8, row ["), name
            row = TABLE_8[claim["source"].split()[-1]]
            assert claim["value"] in vars(row).values(), (name, metric)
            assert row.pictures in claim["conditions"]
    assert systems.get("logistic").published == published(ANY)
    assert systems.get("lsgan_rng").published["psnr_cipher"]["value"] == 9.64
    assert "npcr" in systems.get("roi_aes").published
    assert systems.get("immense_random").published["psnr_decrypted"]["value"] == 24.48


def test_what_is_printed_is_judged_by_size():
    assert len(TABLE_8) == 13 and all(name == row.reference for name, row in TABLE_8.items())
    assert "512²" in audit(TABLE_8["[65]"])[0]
    assert audit(TABLE_8["[70]"])[0] == ["256²"]
    sizes, problems = audit(TABLE_8["[73]"])
    assert sizes == [] and any("means 806 bytes" in problem for problem in problems)
    sizes, problems = audit(TABLE_8["[69]"])
    assert sizes == [] and any("UACI 13.84 is too low" in problem for problem in problems)
    assert published("gan_compression")["psnr_decrypted"]["value"] == 30.75


def test_each_number_stands_once_and_an_unknown_one_is_refused():
    assert len({(one.system, one.quantity) for one in PRINTED}) == len(PRINTED)
    assert all(one.where and one.conditions for one in PRINTED)
    assert printed("feistel_gan", "encrypt_seconds") == 22.706
    with pytest.raises(ParameterError, match=r"quantity: nothing is printed .*'npcr_nonce_held'"):
        printed("deepkeygen", "npcr_nonce")
    with pytest.raises(ParameterError, match=r"system: nothing is printed .*'deepkeygen'"):
        printed("deepkeygn", "entropy")
