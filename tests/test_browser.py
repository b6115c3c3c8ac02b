"""Lesson 01 in a real JupyterLab and browser: run all, move the slider, see the figure change."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

CHROMIUM = (
    os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
QUIET_LAB = {  # no news pop-up and no autosave while the test reads the page
    "apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "docmanager-extension/plugin": {"autosave": False},
}
KERNEL_IDLE = """() => {
    const session = window.jupyterapp?.shell.currentWidget?.sessionContext;
    const kernel = session?.session?.kernel;
    return session?.isReady && kernel?.connectionStatus === 'connected'
        && kernel?.status === 'idle';
}"""
ALL_RUN = """() => {
    const panel = window.jupyterapp.shell.currentWidget;
    if (panel.sessionContext.session?.kernel?.status !== 'idle') return null;
    const cells = panel.content.widgets.filter(
        c => c.model.type === 'code' && c.model.sharedModel.getSource().trim());
    for (const cell of cells)
        for (const output of cell.model.sharedModel.getOutputs())
            if (output.output_type === 'error')
                return {error: output.ename + ': ' + output.evalue};
    return cells.length && cells.every(c => c.model.executionCount !== null) ? {error: ''} : null;
}"""
SHOW_WIDGET = """async () => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const place = notebook.widgets.findIndex(
        c => c.model.type === 'code' && /^explore\\(/m.test(c.model.sharedModel.getSource()));
    notebook.activeCellIndex = place;
    await notebook.scrollToItem(place, 'center');
    return place;
}"""


@pytest.fixture(scope="module")
def lab(project, tmp_path_factory):
    """A JupyterLab on loopback with lesson 01's learner notebook, outputs emptied."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have chromium: .ci/run installs it")
        pytest.skip("no chromium on this machine (Debian: apt-get install chromium)")
    state = tmp_path_factory.mktemp("lab")
    root = state / "root"
    root.mkdir()
    source = next((project / "notebooks").glob("01_*.ipynb"))
    notebook = json.loads(source.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    (root / "lesson.ipynb").write_text(json.dumps(notebook), "utf-8")
    for plugin, value in QUIET_LAB.items():
        file = state / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(value))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    environment = dict(
        os.environ,
        JUPYTERLAB_SETTINGS_DIR=str(state / "settings"),
        JUPYTERLAB_WORKSPACES_DIR=str(state / "workspaces"),
        JUPYTER_RUNTIME_DIR=str(state / "runtime"),
        JUPYTER_CONFIG_DIR=str(state / "config"),
        GANSEC_PROFILE="smoke",
    )
    environment.pop("GANSEC_STATIC", None)  # this is the one place where widgets must be alive
    log = (state / "lab.log").open("w")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += [
        f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True",
        "--allow-root",
    ]
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            if server.poll() is not None:
                pytest.fail("JupyterLab stopped:\n" + (state / "lab.log").read_text()[-2000:])
            try:
                urllib.request.urlopen(f"{url}/api/status?token={token}", timeout=2).read()
                break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail("JupyterLab did not answer within 60 s")
        yield f"{url}/lab/tree/lesson.ipynb?token={token}"
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()


@pytest.fixture
def page(lab):
    from playwright.sync_api import sync_playwright

    def loopback_only(route):
        local = route.request.url.startswith(("http://127.0.0.1", "data:", "blob:"))
        if not local:
            route.abort()
            outside.append(route.request.url)
        else:
            route.continue_()

    outside = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.route("**/*", loopback_only)
        page.goto(lab)
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=90_000)
        # Running before the kernel is connected would open a "Select Kernel" dialog instead.
        page.wait_for_function(KERNEL_IDLE, timeout=90_000)
        yield page
        browser.close()


def test_lesson_01_runs_and_its_slider_changes_the_figure(page, project):
    # The braces matter: handing back the command's promise would make evaluate() wait for ever.
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    result = page.wait_for_function(ALL_RUN, timeout=240_000).json_value()
    assert result["error"] == ""

    # JupyterLab keeps only the cells near the window in the page: go to the widget's.
    assert page.evaluate(SHOW_WIDGET) > 0
    handle = page.locator(".widget-interact .noUi-handle").first
    handle.scroll_into_view_if_needed()
    picture = page.locator(".widget-interact img").first
    picture.wait_for(timeout=30_000)
    readout = page.locator(".widget-interact .widget-readout").first
    value_before, picture_before = readout.inner_text(), picture.get_attribute("src")
    handle.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.widget-interact img')?.src"
        " && document.querySelector('.widget-interact img').src !== before",
        arg=picture_before,
        timeout=30_000,
    )
    assert readout.inner_text() != value_before
    shots = project / "reports"
    shots.mkdir(exist_ok=True)
    page.screenshot(path=shots / "browser_lesson_01.png")
    assert picture.get_attribute("src") != picture_before
