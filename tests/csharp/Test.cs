/* SPDX-License-Identifier: MIT */
// Test Klingrec.cs; run by tests/ffi/with_standin.py: Test.exe MONO INCLUDE [NAMEPART]
//
// With the argument "end NAME" it is one of the programs that end with jobs pending.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Klingrec;

internal static class Test
{
    private const int Soon = 60000; // ms; only what hangs takes so long
    private static readonly string endpoint = Environment.GetEnvironmentVariable("ENDPOINT");
    private static readonly string portrait = Environment.GetEnvironmentVariable("IMAGE");
    private static readonly string tiny = Environment.GetEnvironmentVariable("SMALL");
    private static readonly Image good = Image.File(portrait), small = Image.File(tiny);
    private static readonly Type declarations =
        typeof(Client).Assembly.GetType("Klingrec.C");
    private static string mono, include;

    private static void Equal<T>(T got, T want)
    {
        if (!EqualityComparer<T>.Default.Equals(got, want))
            throw new Exception("got " + got + ", want " + want);
    }

    private static void True(bool value, string what = "false")
    {
        if (!value)
            throw new Exception(what);
    }

    private static T Raises<T>(Action run) where T : Exception
    {
        try {
            run();
        } catch (T error) {
            return error;
        }
        throw new Exception("no " + typeof(T).Name);
    }

    // The error of a call that must fail with a status.
    private static KlingrecException Fails(Status status, Action run)
    {
        var error = Raises<KlingrecException>(run);
        Equal(error.Status, status);
        return error;
    }

    private static T Wait<T>(Task<T> task)
    {
        True(((IAsyncResult)task).AsyncWaitHandle.WaitOne(Soon), "it hangs");
        return task.GetAwaiter().GetResult();
    }

    private static Client New(string answer = null, Options options = null)
    {
        options = options ?? new Options();
        options.ApiKey = options.ApiKey ?? "standin-key";
        options.Endpoint = endpoint + (answer == null ? "" : "?standin-answer=" + answer);
        return new Client(options);
    }

    private static Task<Result>[] Many(Client client, int count, Image image = null)
    {
        return Enumerable.Range(0, count)
            .Select(i => client.RecognizeAsync(image ?? good)).ToArray();
    }

    // A command's exit code and output.
    private static int Run(string program, string arguments, out string said,
                           string libraries = null)
    {
        var start = new ProcessStartInfo(program, arguments) {
            UseShellExecute = false, RedirectStandardOutput = true,
        };
        if (libraries != null)
            start.EnvironmentVariables["LD_LIBRARY_PATH"] = libraries;
        using (Process process = Process.Start(start)) {
            said = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
    }

    private static int Again(string arguments, out string said, string libraries = null)
    {
        string self = typeof(Test).Assembly.Location;
        return Run("timeout", "60 \"" + mono + "\" \"" + self + "\" " + arguments, out said,
                   libraries);
    }

    private static void Compile(string source, string options)
    {
        string said;
        File.WriteAllText("source.c", source);
        Equal(Run("cc", "source.c " + options, out said), 0);
    }

    // ---- Declarations ----------------------------------------------------------------

    private static void StructsAreLaidOutAsByTheCompiler()
    {
        var names = new List<string>();
        var here = new List<long>();
        foreach (Type type in declarations.GetNestedTypes(BindingFlags.NonPublic)) {
            names.Add("sizeof(" + type.Name + ")");
            here.Add(Marshal.SizeOf(type));
            foreach (FieldInfo field in type.GetFields()) {
                names.Add("offsetof(" + type.Name + ", " + field.Name + ")");
                here.Add((long)Marshal.OffsetOf(type, field.Name));
            }
        }
        True(here.Count > 70);
        Compile("#include <klingrec/klingrec.h>\n#include <stdio.h>\nint main(void)\n{\n" +
                string.Concat(names.Select(n => "printf(\"%zu\\n\", " + n + ");\n")) + "}\n",
                "-o layout -I \"" + include + "\"");
        string said;
        Equal(Run("./layout", "", out said), 0);
        Equal(said, string.Concat(here.Select(n => n + "\n")));
    }

    private static void ALibraryThatDoesNotFitIsRefused()
    {
        Directory.CreateDirectory("other");
        foreach (string values in new[] {"version() - 1, 4096", "version(), 8"}) {
            string[] two = values.Replace("version()", declarations
                .GetField("VERSION_NUMBER", BindingFlags.NonPublic | BindingFlags.Static)
                .GetRawConstantValue().ToString()).Split(',');
            Compile("#include <stddef.h>\n#include <stdint.h>\n" +
                    "const char *klingrec_version_string(void) { return \"klingrec/0\"; }\n" +
                    "uint32_t klingrec_version(void) { return " + two[0] + "; }\n" +
                    "size_t klingrec_struct_size(uint32_t id) { return " + two[1] + "; }\n",
                    "-shared -fPIC -o other/libklingrec.so");
            string said;
            Equal(Again("end refused", out said, "other"), 0);
            True(said.StartsWith("klingrec/0 is older than Klingrec.cs"), said);
        }
    }

    // ---- The check -------------------------------------------------------------------

    private static void AnImageCanBeGivenInEveryWay()
    {
        byte[] data = File.ReadAllBytes(portrait);
        string text = Convert.ToBase64String(data);
        File.Copy(portrait, "h\u00e9ros \u82f1\u96c4.png");
        foreach (Image image in new[] {
                good, Image.Bytes(data), Image.Base64(text),
                Image.Base64("data:image/png;base64," + text),
                Image.File("h\u00e9ros \u82f1\u96c4.png")}) {
            ImageInfo info = Library.Check(image);
            Equal(info.Format, Format.Png);
            Equal(info.Height, 500u);
            Equal(info.Message, "PNG, 400 x 500 pixels, " + data.Length + " bytes: acceptable");
        }
        Library.Check(Image.Url("https://example.org/a.png"));
        Raises<ArgumentNullException>(() => Image.Bytes(null));
        Raises<ArgumentNullException>(() => Image.File(null));
        True(Library.Version.StartsWith("klingrec/"));
    }

    private static void AnImageThatBreaksARuleHasAMessageWithTheNumbers()
    {
        KlingrecException error = Fails(Status.ErrImageSide, () => Library.Check(small));
        Equal(error.Message, "PNG, 256 x 256 pixels: each side must be at least 300");
        Equal(error.Name, "KLINGREC_ERR_IMAGE_SIDE");
        Equal(error.Image.BrokenRules, Rule.Side);
        Equal(error.Delivery, Delivery.NotSent);
        Library.Check(small, new Limits { MinSide = 256 });
        error = Fails(Status.ErrImageSide,
                      () => Library.Check(small, new Limits { MinSide = 257 }));
        True(error.Message.Contains("at least 257"), error.Message);
        Image cut = Image.Bytes(File.ReadAllBytes(portrait).Take(4000).ToArray());
        Fails(Status.ErrImageDamaged, () => Library.Check(cut));
        Library.Check(cut, headerOnly: true);
        Fails(Status.ErrFile, () => Library.Check(Image.File("missing.png")));
        Fails(Status.ErrFile, () => Library.Check(Image.File(portrait + "\0")));
        Fails(Status.ErrImageFormat, () => Library.Check(Image.Bytes(new byte[0])));
        for (int i = 0; i < 100; i++) // nothing behind the text is read
            Fails(Status.ErrImageFormat, () => Library.Check(Image.Base64("")));
    }

    // ---- Requests --------------------------------------------------------------------

    private static void ARecognizedImageHasAResult()
    {
        using (Client client = New()) {
            Result result = client.Recognize(good);
            True(result.Contains(Kind.Head | Kind.Face) && !result.Contains(Kind.Other));
            Equal(string.Join(" ", result.Regions.Select(region => region.Name)),
                  "head_seg face_seg cloth_seg object_seg");
            Equal(result.Find(Kind.Cloth), result.Regions[2]);
            Equal(result.Status, Status.Ok);
            Equal(result.Delivery, Delivery.Answered);
            Equal(result.Finality, Finality.Final);
            Equal(result.HttpStatus, 200);
            Equal(result.Attempts, 1u);
            Equal(result.Image.Width, 400u);
            True(result.RequestId != null && result.ServiceMessage == null);
            True(Encoding.UTF8.GetString(result.Body).Contains("\"face_seg\""));
            True(result.ElapsedMs[Phase.All] >= result.ElapsedMs[Phase.Wait]);
            Stats stats = client.Stats();
            Equal(stats.Succeeded, 1ul);
            Equal(stats.BytesReceived, (ulong)result.Body.Length);
        }
        using (Client client = New("ok-head-only")) {
            Result result = client.Recognize(Image.Bytes(File.ReadAllBytes(portrait)));
            True(result.Find(Kind.Face) == null && !result.Contains(Kind.Face));
        }
    }

    private static void AJobThatFailsHasAnErrorWithItsResult()
    {
        var limits = new Limits { MinSide = 401 };
        using (Client client = New(null, new Options { Limits = limits })) {
            limits.MinSide = 999; // of the next client
            KlingrecException error = Fails(Status.ErrImageSide, () => client.Recognize(good));
            True(error.Message.Contains("401") && error.Image.Message.Contains("401"));
            Equal(error.Result.Attempts, 0u);
        }
        using (Client client = New(null, new Options { ApiKey = "another" })) {
            KlingrecException error = Fails(Status.ErrAuth, () => client.Recognize(good));
            Equal(error.Result.HttpStatus, 401);
            Equal(error.Delivery, Delivery.Answered);
            True(!error.ToString().Contains("another"));
        }
        using (Client client = New("drop"))
            Equal(Fails(Status.ErrTransfer, () => client.Recognize(good)).Delivery,
                  Delivery.Unsure);
        using (Client client = New("hang"))
            Fails(Status.ErrTimeout, () => client.Recognize(good, deadlineMs: 50));
    }

    private static void OptionsThatAreWrongAreRefused()
    {
        True(Fails(Status.ErrArgument, () => New(null, new Options { ApiKey = "" }))
             .Message.StartsWith("api_key"));
        True(Fails(Status.ErrArgument, () => New(null, new Options { CaPem = "none" }))
             .Message.StartsWith("ca_pem"));
        var plain = new Options { ApiKey = "k", Endpoint = "http://example.org/" };
        Fails(Status.ErrArgument, () => new Client(plain));
        plain.InsecureHttp = true;
        new Client(plain).Dispose();
        Raises<ArgumentException>(() => New(null, new Options { ApiKey = "a\0b" }));
        using (Client client = New())
            Raises<ArgumentNullException>(() => client.RecognizeAsync(null));
    }

    private static void AConnectionCanBeOpenedBeforeThereIsAJob()
    {
        using (Client client = New()) {
            Func<int> descriptors = () => Directory.GetFileSystemEntries("/proc/self/fd").Length;
            int before = descriptors();
            client.WarmUp();
            for (int i = 0; descriptors() <= before && i < Soon / 10; i++)
                Thread.Sleep(10);
            True(descriptors() > before);
            Equal(client.Stats().Attempts, 0ul);
            client.Recognize(good);
            client.Dispose();
            client.WarmUp();
        }
    }

    private static void MoreJobsThanTheLibraryQueues()
    {
        using (Client client = New()) {
            byte[] data = File.ReadAllBytes(portrait);
            Task<Result>[] tasks = Many(client, 200, Image.Bytes(data));
            Array.Clear(data, 0, data.Length); // the client has copies
            True(Wait(Task.WhenAll(tasks)).All(result => result.Contains(Kind.Face)));
            Equal(client.Stats().Succeeded, 200ul);
        }
    }

    private static async Task<Thread> Resumed(Client client)
    {
        await client.RecognizeAsync(good);
        return Thread.CurrentThread;
    }

    private static void WhatAwaitsAJobDoesNotHoldUpTheOthers()
    {
        using (Client client = New()) {
            Equal(Wait(Resumed(client)).Name == "klingrec results", false);
            Task<Result> first = client.RecognizeAsync(good);
            Task<Result> second = first.ContinueWith(
                task => client.Recognize(good), // waits for another job
                TaskContinuationOptions.ExecuteSynchronously);
            True(Wait(second).Contains(Kind.Face));
        }
    }

    // ---- Cancel and close ------------------------------------------------------------

    private static void ACanceledAwaitCancelsItsJob()
    {
        using (Client client = New("hang", new Options { MaxInFlight = 1 }))
        using (var source = new CancellationTokenSource()) {
            Task<Result>[] tasks = Enumerable.Range(0, 100).Select(
                i => client.RecognizeAsync(good, source.Token)).ToArray();
            Task<Result> other = client.RecognizeAsync(good);
            source.Cancel();
            foreach (Task<Result> task in tasks) {
                Raises<OperationCanceledException>(() => Wait(task));
                True(task.IsCanceled);
            }
            True(!other.IsCompleted);
            Raises<OperationCanceledException>(
                () => Wait(client.RecognizeAsync(good, source.Token)));
            client.CancelWaiting();
            while (client.Stats().Attempts == 0)
                Thread.Sleep(10);
            client.Dispose();
            Fails(Status.ErrCanceled, () => Wait(other));
        }
        using (Client client = New())
        using (var source = new CancellationTokenSource()) {
            Task<Result> task = client.RecognizeAsync(good, source.Token);
            True(Wait(task).Contains(Kind.Face));
            source.Cancel(); // after its end
            True(task.Result.Contains(Kind.Face));
        }
    }

    private static void CancelingWhatWaitsLosesNoAnswer()
    {
        using (Client client = New("ok:delay=300", new Options { MaxInFlight = 2 })) {
            Task<Result>[] tasks = Many(client, 80);
            while (client.Stats().Attempts < 2)
                Thread.Sleep(10);
            client.CancelWaiting();
            ulong answers = 0;
            foreach (Task<Result> task in tasks) {
                try {
                    Wait(task);
                    answers++;
                } catch (KlingrecException error) {
                    Equal(error.Status, Status.ErrCanceled);
                }
            }
            // More than two if this program was not run for 300 ms.
            True(answers >= 2 && answers < 80);
            Equal(answers, client.Stats().Answered);
        }
    }

    private static void AClientIsClosedWithJobsPending()
    {
        Client client = New("hang");
        Task<Result>[] tasks = Many(client, 100);
        Task blocked = Task.Run(
            () => Fails(Status.ErrCanceled, () => client.Recognize(good)));
        Thread.Sleep(50);
        Parallel.Invoke(client.Dispose, client.Dispose);
        foreach (Task<Result> task in tasks)
            Fails(Status.ErrCanceled, () => Wait(task));
        True(blocked.Wait(Soon));
        client.Dispose();
        client.CancelWaiting();
        Equal(Fails(Status.ErrArgument, () => Wait(client.RecognizeAsync(good))).Message,
              "the client is closed");
        Fails(Status.ErrArgument, () => client.Stats());
    }

    private static void AClientCanBeClosedWhereAJobEnds()
    {
        Client client = New();
        Task closed = client.RecognizeAsync(good).ContinueWith(
            task => client.Dispose(), TaskContinuationOptions.ExecuteSynchronously);
        True(closed.Wait(Soon));
    }

    // ---- The garbage collector -------------------------------------------------------

    private static int Threads()
    {
        return Directory.GetDirectories("/proc/self/task")
            .Count(path => File.ReadAllText(path + "/comm") == "klingrec\n");
    }

    // Apart, so that no local variable holds the clients.
    private static void Leave(int count)
    {
        for (int i = 0; i < count; i++)
            New().Recognize(good);
    }

    private static void AClientWithoutAUserIsClosed()
    {
        Task.Run(() => Leave(10)).Wait();
        for (int i = 0; Threads() > 0 && i < Soon / 10; i++) {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }
        Equal(Threads(), 0);
    }

    // Nothing holds the client but its jobs, and each image is an array of its own.
    private static Task<Result[]> Ask()
    {
        Client client = New("ok:delay=20");
        return Task.WhenAll(Enumerable.Range(0, 20).Select(
            i => client.RecognizeAsync(Image.Bytes(File.ReadAllBytes(portrait)))));
    }

    private static void TheCollectorMayRunAtAnyTime()
    {
        var stop = new ManualResetEvent(false);
        Task collecting = Task.Run(() => {
            while (!stop.WaitOne(0)) {
                GC.Collect();
                new byte[100000].Initialize();
            }
        });
        for (int round = 0; round < 5; round++)
            True(Wait(Task.Run(() => Ask())).All(result => result.Contains(Kind.Face)));
        stop.Set();
        True(collecting.Wait(Soon));
    }

    // ---- The end of the program ------------------------------------------------------

    private static readonly Dictionary<string, Func<Client, int>> ends =
        new Dictionary<string, Func<Client, int>> {
            {"return", client => 3},
            {"exit", client => { Environment.Exit(3); return 0; }},
            {"exit on another thread", client => {
                new Thread(() => Environment.Exit(3)).Start();
                Thread.Sleep(Soon);
                return 0;
            }},
            {"a thread waits", client => {
                new Thread(() => Fails(Status.ErrCanceled, () => client.Recognize(good))) {
                    IsBackground = true,
                }.Start();
                Thread.Sleep(50);
                return 3;
            }},
            {"a thread submits", client => {
                new Thread(() => {
                    try {
                        while (true)
                            client.RecognizeAsync(good);
                    } catch (ThreadAbortException) {
                    }
                }) { IsBackground = true }.Start();
                Thread.Sleep(50);
                return 3;
            }},
            {"jobs end", client => {
                for (int i = 0; i < 20; i++)
                    New().RecognizeAsync(good);
                return 3;
            }},
        };

    private static int End(string name)
    {
        if (name == "refused") {
            try {
                Library.Check(good);
            } catch (KlingrecException error) {
                Console.WriteLine(error.Message);
            }
            return 0;
        }
        Client client = New("hang");
        Many(client, 80);
        return ends[name](client);
    }

    private static void AProgramEndsWithJobsPending()
    {
        foreach (string name in ends.Keys) {
            string said;
            int code = Again("end \"" + name + "\"", out said);
            True(code == 3 && said == "", name + ": " + code + " " + said);
        }
    }

    private static string Sentence(string name)
    {
        return string.Concat(name.Select(c => char.IsUpper(c) ? " " + char.ToLower(c) : "" + c))
            .Trim();
    }

    private static int Main(string[] arguments)
    {
        if (arguments[0] == "end")
            return End(arguments[1]);
        mono = arguments[0];
        include = arguments[1];
        int passed = 0, failed = 0;
        foreach (Action run in new Action[] {
                StructsAreLaidOutAsByTheCompiler,
                ALibraryThatDoesNotFitIsRefused,
                AnImageCanBeGivenInEveryWay,
                AnImageThatBreaksARuleHasAMessageWithTheNumbers,
                ARecognizedImageHasAResult,
                AJobThatFailsHasAnErrorWithItsResult,
                OptionsThatAreWrongAreRefused,
                AConnectionCanBeOpenedBeforeThereIsAJob,
                MoreJobsThanTheLibraryQueues,
                WhatAwaitsAJobDoesNotHoldUpTheOthers,
                ACanceledAwaitCancelsItsJob,
                CancelingWhatWaitsLosesNoAnswer,
                AClientIsClosedWithJobsPending,
                AClientCanBeClosedWhereAJobEnds,
                AClientWithoutAUserIsClosed,
                TheCollectorMayRunAtAnyTime,
                AProgramEndsWithJobsPending}) {
            string name = Sentence(run.Method.Name);
            if (arguments.Length > 2 && !name.Contains(arguments[2]))
                continue;
            var begin = Stopwatch.StartNew();
            try {
                run();
                passed++;
                Console.WriteLine("ok {0} ({1} ms)", name, begin.ElapsedMilliseconds);
            } catch (Exception error) {
                failed++;
                Console.WriteLine("FAILED {0}\n{1}", name, error);
            }
        }
        Console.WriteLine("{0} passed, {1} failed", passed, failed);
        return failed == 0 && passed > 0 ? 0 : 1;
    }
}
