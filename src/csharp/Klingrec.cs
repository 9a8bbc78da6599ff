/*
 * Klingrec.cs - ask the Kling "image-recognize" service what an image contains, from C#
 *
 * SPDX-License-Identifier: MIT
 *
 *     using (var client = new Client(new Options { ApiKey = key })) {
 *         Result result = await client.RecognizeAsync(Image.File("hero.png"));
 *         if (result.Contains(Kind.Head | Kind.Face))
 *             Console.WriteLine("good enough for an avatar");
 *     }
 *
 * A failure raises KlingrecException. klingrec.h describes each value and limit; what is 0
 * or null here takes the default that stands there in brackets. docs/csharp.md has more.
 *
 * One file for C# 7.3 and .NET Standard 2.0. The library never calls C#, so no delegate
 * has to be kept, and ahead-of-time compilers such as IL2CPP need nothing more.
 */
using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Klingrec
{
    // ---- Images ----------------------------------------------------------------------

    /// <summary>Where an image comes from.</summary>
    public sealed class Image
    {
        internal readonly uint From;
        internal readonly byte[] Data;

        private Image(uint from, byte[] data)
        {
            if (data == null)
                throw new ArgumentNullException("data");
            From = from;
            Data = data;
        }

        public static Image File(string path)
        {
            return new Image(C.FROM_FILE, Encoding.UTF8.GetBytes(path));
        }

        /// <summary>A whole JPEG or PNG file. The call that takes the image copies
        /// it.</summary>
        public static Image Bytes(byte[] data)
        {
            return new Image(C.FROM_BYTES, data);
        }

        internal Image Copy()
        {
            return new Image(From, (byte[])Data.Clone());
        }

        /// <summary>The service fetches the image. It is not checked before.</summary>
        public static Image Url(string url)
        {
            return new Image(C.FROM_URL, Encoding.UTF8.GetBytes(url));
        }

        /// <summary>Text, also with "data:...;base64," before it.</summary>
        public static Image Base64(string text)
        {
            return new Image(C.FROM_BASE64, Encoding.UTF8.GetBytes(text));
        }
    }

    /// <summary>The rules that images are checked against.</summary>
    public sealed class Limits
    {
        public ulong MaxBytes;
        public uint MinSide, MaxAspectMilli;

        internal Limits Copy()
        {
            return (Limits)MemberwiseClone();
        }
    }

    /// <summary>What the check found; Message is one line for people.</summary>
    public sealed class ImageInfo
    {
        public readonly ulong Bytes, Where;
        public readonly Format Format;
        public readonly uint Width, Height, Orientation, Detail;
        public readonly Rule BrokenRules, EdgeRules;
        public readonly int SystemError;
        public readonly string Message;

        internal ImageInfo(ref C.klingrec_image_info info, IntPtr limits)
        {
            Bytes = (ulong)info.bytes;
            Where = (ulong)info.where;
            Format = (Format)info.format;
            Width = info.width;
            Height = info.height;
            Orientation = info.orientation;
            Detail = info.detail;
            BrokenRules = (Rule)info.broken_rules;
            EdgeRules = (Rule)info.edge_rules;
            SystemError = info.system_error;
            var line = new byte[(int)C.klingrec_image_explain(ref info, limits, null,
                                                              UIntPtr.Zero) + 1];
            C.klingrec_image_explain(ref info, limits, line, (UIntPtr)(uint)line.Length);
            Message = Encoding.UTF8.GetString(line, 0, line.Length - 1);
        }
    }

    // ---- Results and errors ----------------------------------------------------------

    /// <summary>Something that the service looked for in the image.</summary>
    public sealed class Region
    {
        public readonly string Name, Url;
        public readonly Kind Kind;
        public readonly bool Contained;

        internal Region(C.klingrec_region region)
        {
            Name = Native.Text(region.name);
            Url = Native.Text(region.url);
            Kind = (Kind)region.kind;
            Contained = region.contained != 0;
        }
    }

    /// <summary>The answer about one image, or how the job failed.</summary>
    public sealed class Result
    {
        public readonly Status Status;
        public readonly string Message;
        public readonly Kind Contained;
        public readonly IReadOnlyList<Region> Regions;
        public readonly ImageInfo Image;
        public readonly Delivery Delivery;
        public readonly Finality Finality;
        public readonly string RequestId, Units, CodeText, ServiceMessage;
        public readonly int HttpStatus, ServiceCode;
        public readonly uint Attempts, RetryAfterMs;
        public readonly IReadOnlyDictionary<Phase, uint> ElapsedMs;
        public readonly byte[] Body;

        /// <summary>A copy of a result of the library.</summary>
        internal Result(IntPtr result, IntPtr limits)
        {
            Status = (Status)C.klingrec_result_status(result);
            Message = Native.Text(C.klingrec_result_message(result));
            Delivery = (Delivery)C.klingrec_result_delivery(result);
            Finality = (Finality)C.klingrec_result_finality(result);
            RequestId = Native.Text(C.klingrec_result_request_id(result));
            Units = Native.Text(C.klingrec_result_units(result));
            CodeText = Native.Text(C.klingrec_result_code_text(result));
            ServiceMessage = Native.Text(C.klingrec_result_service_message(result));
            HttpStatus = C.klingrec_result_http_status(result);
            ServiceCode = C.klingrec_result_service_code(result);
            Attempts = C.klingrec_result_attempts(result);
            RetryAfterMs = C.klingrec_result_retry_after_ms(result);
            ElapsedMs = Native.Members<Phase>().ToDictionary(
                phase => phase, phase => C.klingrec_result_elapsed_ms(result, (uint)phase));
            foreach (Kind kind in Native.Members<Kind>())
                if (C.klingrec_result_contains(result, (uint)kind))
                    Contained |= kind;

            var regions = new Region[(int)C.klingrec_result_region_count(result)];
            for (int i = 0; i < regions.Length; i++)
                regions[i] = new Region(Marshal.PtrToStructure<C.klingrec_region>(
                    C.klingrec_result_region(result, (UIntPtr)(uint)i)));
            Regions = regions;

            IntPtr image = C.klingrec_result_image(result);
            if (image != IntPtr.Zero) {
                var info = Marshal.PtrToStructure<C.klingrec_image_info>(image);
                Image = new ImageInfo(ref info, limits);
            }

            UIntPtr length;
            IntPtr body = C.klingrec_result_body(result, out length);
            Body = new byte[(int)length];
            if (Body.Length > 0)
                Marshal.Copy(body, Body, 0, Body.Length);
        }

        /// <summary>Whether the service reported each of kinds as contained.</summary>
        public bool Contains(Kind kinds)
        {
            return kinds != 0 && (Contained & kinds) == kinds;
        }

        /// <summary>The region of one kind; null if the service did not report that
        /// kind.</summary>
        public Region Find(Kind kind)
        {
            return Regions.FirstOrDefault(region => kind != 0 && region.Kind == kind);
        }
    }

    /// <summary>A call or a job failed.</summary>
    public sealed class KlingrecException : Exception
    {
        public readonly Status Status;
        /// <summary>That of the job; null if there was none.</summary>
        public readonly Result Result;
        /// <summary>What the check found; null if nothing was checked.</summary>
        public readonly ImageInfo Image;

        internal KlingrecException(Status status, string message = null,
                                   ImageInfo image = null, Result result = null)
            : base(string.IsNullOrEmpty(message)
                   ? Native.Text(C.klingrec_status_string((int)status)) : message)
        {
            Status = status;
            Image = image;
            Result = result;
        }

        /// <summary>The name of the status in C: "KLINGREC_ERR_TLS".</summary>
        public string Name
        {
            get { return Native.Text(C.klingrec_status_name((int)Status)); }
        }

        /// <summary>Whether the job may be billed.</summary>
        public Delivery Delivery
        {
            get { return Result != null ? Result.Delivery : Delivery.NotSent; }
        }
    }

    // ---- The library -----------------------------------------------------------------

    public static class Library
    {
#if UNITY_IOS && !UNITY_EDITOR
        internal const string Name = "__Internal";
#else
        internal const string Name = "klingrec";
#endif

        /// <summary>The versions of klingrec and of the libraries that it uses.</summary>
        public static string Version
        {
            get { return Native.Text(C.klingrec_version_string()); }
        }

        /// <summary>Check an image against the service's rules, without a client. Nothing
        /// is sent.</summary>
        public static ImageInfo Check(Image image, Limits limits = null,
                                      bool headerOnly = false)
        {
            Native.Require();
            using (var memory = new NativeMemory()) {
                IntPtr rules = memory.Add(limits);
                var info = new C.klingrec_image_info();
                C.klingrec_image_info_init(ref info, Native.SizeOf<C.klingrec_image_info>());
                C.klingrec_request request = memory.Request(image, 0, headerOnly);
                var status = (Status)C.klingrec_check(ref request, rules, ref info);
                var found = new ImageInfo(ref info, rules);
                if (status < 0)
                    throw new KlingrecException(status, found.Message, found);
                return found;
            }
        }
    }

    internal static class Native
    {
        /// <summary>Throws if the library is older than these declarations.</summary>
        internal static void Require()
        {
            bool fits = C.klingrec_version() >= C.VERSION_NUMBER && C.Structs.All(
                s => (ulong)C.klingrec_struct_size(s.Key) >= (ulong)Marshal.SizeOf(s.Value));
            if (!fits)
                throw new KlingrecException(
                    Status.ErrAbi, Library.Version + " is older than Klingrec.cs, which " +
                    "was made for version " + C.VERSION_STRING);
        }

        internal static UIntPtr SizeOf<T>()
        {
            return (UIntPtr)(uint)Marshal.SizeOf(typeof(T));
        }

        internal static IEnumerable<T> Members<T>()
        {
            return (T[])Enum.GetValues(typeof(T));
        }

        internal static string Text(IntPtr text)
        {
            if (text == IntPtr.Zero)
                return null;
            int length = 0;
            while (Marshal.ReadByte(text, length) != 0)
                length++;
            var bytes = new byte[length];
            Marshal.Copy(text, bytes, 0, length);
            return Encoding.UTF8.GetString(bytes);
        }
    }

    /// <summary>What the library reads during one call.</summary>
    internal sealed class NativeMemory : IDisposable
    {
        private readonly List<GCHandle> pinned = new List<GCHandle>();
        private readonly List<byte[]> secrets = new List<byte[]>();

        private IntPtr Pin(object value)
        {
            pinned.Add(GCHandle.Alloc(value, GCHandleType.Pinned));
            return pinned[pinned.Count - 1].AddrOfPinnedObject();
        }

        internal IntPtr Add(string text)
        {
            if (text == null)
                return IntPtr.Zero;
            if (text.IndexOf('\0') >= 0)
                throw new ArgumentException("an option has a NUL in it");
            var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
            Encoding.UTF8.GetBytes(text, 0, text.Length, bytes, 0);
            secrets.Add(bytes);
            return Pin(bytes);
        }

        internal IntPtr Add(Limits limits)
        {
            if (limits == null)
                return IntPtr.Zero;
            var rules = new C.klingrec_limits();
            C.klingrec_limits_init(ref rules, Native.SizeOf<C.klingrec_limits>());
            rules.max_bytes = (UIntPtr)limits.MaxBytes;
            rules.min_side = limits.MinSide;
            rules.max_aspect_milli = limits.MaxAspectMilli;
            return Pin(rules);
        }

        internal C.klingrec_request Request(Image image, uint deadlineMs, bool headerOnly)
        {
            var request = new C.klingrec_request();
            C.klingrec_request_init(ref request, Native.SizeOf<C.klingrec_request>());
            request.from = image.From;
            // Text without a length ends at a NUL, which an empty array does not have.
            request.data = Pin(image.Data.Length > 0 ? image.Data : new byte[1]);
            request.len = (UIntPtr)(uint)image.Data.Length;
            request.deadline_ms = deadlineMs;
            request.flags = headerOnly ? C.REQUEST_HEADER_ONLY : 0;
            return request;
        }

        public void Dispose()
        {
            foreach (byte[] secret in secrets) // one is the key
                Array.Clear(secret, 0, secret.Length);
            foreach (GCHandle handle in pinned)
                handle.Free();
        }
    }

    // ---- Clients ---------------------------------------------------------------------

    /// <summary>The configuration of a client: the fields of klingrec_config.</summary>
    public sealed class Options
    {
        public string ApiKey, Endpoint, UserAgent, Proxy, CaFile, CaPem;
        public Limits Limits;
        public uint MaxInFlight, MaxPerMinute, MaxAttempts;
        public uint ConnectTimeoutMs, AttemptTimeoutMs, DeadlineMs;
        public bool RetryUnsure, NoCheck, InsecureHttp;
    }

    internal sealed class ClientHandle : SafeHandle
    {
        public ClientHandle() : base(IntPtr.Zero, true) { }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }

        protected override bool ReleaseHandle()
        {
            C.klingrec_client_free(handle);
            return true;
        }
    }

    internal sealed class Job
    {
        internal Client Client; // which is not closed while somebody awaits the job
        internal Image Image;
        internal uint DeadlineMs;
        internal bool HeaderOnly;
        internal ulong Number; // in the library; 0: it does not know the job
        internal CancellationToken Token;
        internal readonly TaskCompletionSource<Result> Source = // apart from Engine's thread
            new TaskCompletionSource<Result>(
                TaskCreationOptions.RunContinuationsAsynchronously);

        internal void End(Result result)
        {
            if (result.Status >= 0)
                Source.TrySetResult(result);
            else if (result.Status == Status.ErrCanceled && Token.IsCancellationRequested)
                Source.TrySetCanceled(Token);
            else
                End(new KlingrecException(result.Status, result.Message, result.Image, result));
        }

        internal void End(Exception error)
        {
            Source.TrySetException(error);
        }
    }

    /// <summary>A client of the library, its jobs, and the thread that takes results. It is
    /// apart from Client, so that one that nobody uses can be found and closed.</summary>
    internal sealed class Engine
    {
        private static readonly HashSet<Engine> running = new HashSet<Engine>();
        private readonly ClientHandle handle;
        private readonly Limits limits;
        private readonly Thread thread;
        private readonly Dictionary<ulong, Job> jobs = new Dictionary<ulong, Job>();
        private readonly Queue<Job> held = new Queue<Job>(); // the library had no room
        private bool isOpen = true;

        static Engine()
        {
            AppDomain.CurrentDomain.ProcessExit += (sender, e) => CloseAll();
            AppDomain.CurrentDomain.DomainUnload += (sender, e) => CloseAll();
        }

        internal Engine(ClientHandle handle, Limits limits)
        {
            this.handle = handle;
            this.limits = limits;
            thread = new Thread(Run) { Name = "klingrec results", IsBackground = true };
            thread.Start();
            lock (running)
                running.Add(this);
        }

        /// <summary>No thread may come out of the library while the runtime ends.</summary>
        private static void CloseAll()
        {
            Engine[] all;
            lock (running)
                all = running.ToArray();
            foreach (Engine engine in all)
                engine.Close();
            foreach (Engine engine in all)
                engine.Join(2000); // as long as the library waits when a process exits
        }

        internal void Submit(Job job)
        {
            lock (jobs) {
                if (!isOpen) {
                    job.End(new KlingrecException(Status.ErrArgument, "the client is closed"));
                } else if (held.Count > 0 || !Start(job)) {
                    job.Image = job.Image.Copy(); // the caller may change the array
                    held.Enqueue(job);
                }
            }
        }

        /// <summary>Give a job to the library; false if that has no room. Under the
        /// lock.</summary>
        private bool Start(Job job)
        {
            using (var memory = new NativeMemory()) {
                C.klingrec_request request =
                    memory.Request(job.Image, job.DeadlineMs, job.HeaderOnly);
                ulong number;
                var status = (Status)C.klingrec_submit(handle, ref request, out number);
                if (status >= 0) {
                    job.Number = number;
                    jobs[number] = job;
                } else if (status != Status.ErrQueueFull) {
                    job.End(new KlingrecException(status));
                }
                return status != Status.ErrQueueFull;
            }
        }

        /// <summary>The thread: complete jobs until the client is closed.</summary>
        private void Run()
        {
            IntPtr result;
            while ((Status)C.klingrec_wait(handle, -1, out result) == Status.Ok)
                Complete(result);
            lock (running)
                running.Remove(this);
            handle.Dispose();
        }

        private void Complete(IntPtr pointer)
        {
            ulong number = C.klingrec_result_job(pointer);
            Result result = null;
            Exception failure = null;
            try {
                using (var memory = new NativeMemory())
                    result = new Result(pointer, memory.Add(limits));
            } catch (Exception error) { // such as no memory: the job ends all the same
                failure = error;
            } finally {
                C.klingrec_result_free(pointer);
            }
            Job job;
            lock (jobs) {
                job = jobs[number];
                jobs.Remove(number);
                job.Client = null; // Mono takes what is left on the stack for references
                while (held.Count > 0 &&
                       (held.Peek().Source.Task.IsCompleted || Start(held.Peek())))
                    held.Dequeue();
            }
            if (failure != null)
                job.End(failure);
            else
                job.End(result);
        }

        internal void Cancel(Job job)
        {
            lock (jobs) {
                if (job.Number == 0)
                    job.Source.TrySetCanceled(job.Token);
                else if (isOpen)
                    C.klingrec_cancel(handle, job.Number);
            }
        }

        private void CancelHeld()
        {
            foreach (Job job in held)
                job.End(new KlingrecException(Status.ErrCanceled));
            held.Clear();
        }

        internal void CancelWaiting()
        {
            lock (jobs) {
                if (isOpen)
                    C.klingrec_cancel_waiting(handle);
                CancelHeld();
            }
        }

        internal void WarmUp()
        {
            lock (jobs) {
                if (isOpen)
                    C.klingrec_warm_up(handle);
            }
        }

        internal Stats Stats()
        {
            var stats = new C.klingrec_stats();
            C.klingrec_stats_init(ref stats, Native.SizeOf<C.klingrec_stats>());
            lock (jobs) {
                if (!isOpen)
                    throw new KlingrecException(Status.ErrArgument, "the client is closed");
                C.klingrec_client_stats(handle, ref stats);
            }
            return new Stats(ref stats);
        }

        internal void Close()
        {
            lock (jobs) {
                if (!isOpen)
                    return;
                isOpen = false;
                CancelHeld();
                C.klingrec_cancel(handle, 0);
                C.klingrec_shutdown(handle); // the last call: the thread frees the client
            }
        }

        internal void Join(int milliseconds)
        {
            if (Thread.CurrentThread != thread)
                thread.Join(milliseconds);
        }
    }

    /// <summary>A client of the service. All methods may be called from any thread. One
    /// that is left open is closed when it is no longer used, and at the end of the
    /// program.</summary>
    public sealed class Client : IDisposable
    {
        private readonly Engine engine;

        public Client(Options options)
        {
            Native.Require();
            using (var memory = new NativeMemory()) {
                var config = new C.klingrec_config();
                C.klingrec_config_init(ref config, Native.SizeOf<C.klingrec_config>());
                config.api_key = memory.Add(options.ApiKey);
                config.endpoint = memory.Add(options.Endpoint);
                config.user_agent = memory.Add(options.UserAgent);
                config.proxy = memory.Add(options.Proxy);
                config.ca_file = memory.Add(options.CaFile);
                config.ca_pem = memory.Add(options.CaPem);
                config.limits = memory.Add(options.Limits);
                config.run = C.RUN_THREAD;
                config.max_in_flight = options.MaxInFlight;
                config.max_per_minute = options.MaxPerMinute;
                config.max_attempts = options.MaxAttempts;
                config.connect_timeout_ms = options.ConnectTimeoutMs;
                config.attempt_timeout_ms = options.AttemptTimeoutMs;
                config.deadline_ms = options.DeadlineMs;
                config.flags = (options.RetryUnsure ? C.CLIENT_RETRY_UNSURE : 0) |
                               (options.NoCheck ? C.CLIENT_NO_CHECK : 0) |
                               (options.InsecureHttp ? C.CLIENT_INSECURE_HTTP : 0);
                var why = new byte[256];
                ClientHandle handle;
                var status = (Status)C.klingrec_client_new(
                    ref config, why, (UIntPtr)(uint)why.Length, out handle);
                if (status < 0) {
                    int length = Array.IndexOf(why, (byte)0);
                    throw new KlingrecException(
                        status, Encoding.UTF8.GetString(why, 0, length));
                }
                engine = new Engine(
                    handle, options.Limits == null ? null : options.Limits.Copy());
            }
        }

        /// <summary>Check an image, send it, and wait for the result. A canceled token
        /// cancels the job; if its answer had come before, that is the result.</summary>
        public Task<Result> RecognizeAsync(
            Image image, CancellationToken token = default(CancellationToken),
            uint deadlineMs = 0, bool headerOnly = false)
        {
            if (image == null)
                throw new ArgumentNullException("image");
            var job = new Job {
                Client = this, Image = image, DeadlineMs = deadlineMs,
                HeaderOnly = headerOnly, Token = token,
            };
            engine.Submit(job);
            if (token.CanBeCanceled) {
                CancellationTokenRegistration canceled =
                    token.Register(() => engine.Cancel(job));
                job.Source.Task.ContinueWith(ended => canceled.Dispose(),
                                             TaskScheduler.Default);
            }
            return job.Source.Task;
        }

        /// <summary>The same, for a thread that may wait.</summary>
        public Result Recognize(Image image, uint deadlineMs = 0, bool headerOnly = false)
        {
            return RecognizeAsync(image, default(CancellationToken), deadlineMs, headerOnly)
                .GetAwaiter().GetResult();
        }

        /// <summary>Cancel the jobs that have no attempt running, and begin no further
        /// attempt for the others: answers that are billed are not lost.</summary>
        public void CancelWaiting()
        {
            engine.CancelWaiting();
        }

        /// <summary>Open a connection while nothing waits for it, as during the loading of
        /// a level.</summary>
        public void WarmUp()
        {
            engine.WarmUp();
        }

        /// <summary>What the client has done since it was made.</summary>
        public Stats Stats()
        {
            return engine.Stats();
        }

        /// <summary>Cancel all jobs, which end with ErrCanceled, and free the
        /// client.</summary>
        public void Dispose()
        {
            GC.SuppressFinalize(this);
            engine.Close();
            engine.Join(Timeout.Infinite);
        }

        ~Client()
        {
            if (engine != null) // the constructor may have failed
                engine.Close();
        }
    }

    // ---- Made by declarations.py from klingrec.h, which has the comments ---------

    public enum Format
    {
        Unknown = 0,
        Jpeg = 1,
        Png = 2,
        Gif = 3,
        Webp = 4,
        Bmp = 5,
        Tiff = 6,
        Heif = 7,
        Avif = 8,
        Jxl = 9,
        Psd = 10,
        Dds = 11,
        Ktx = 12,
        Exr = 13,
        Svg = 14,
        Jp2 = 15,
        Ico = 16,
        Qoi = 17,
        Hdr = 18,
        Pnm = 19,
        Tga = 20,
        Mng = 21,
        Pdf = 22,
        Gzip = 23,
        Zip = 24,
        Html = 25,
        Json = 26,
        Text = 27,
        Base64 = 28,
        Empty = 29,
    }

    public enum Phase
    {
        All = 0,
        Queue = 1,
        Check = 2,
        Connect = 3,
        Upload = 4,
        Wait = 5,
    }

    [Flags] public enum Rule : uint
    {
        Format = 1,
        Damaged = 2,
        Bytes = 4,
        Side = 8,
        Aspect = 16,
    }

    [Flags] public enum Kind : uint
    {
        Other = 0,
        Head = 1,
        Face = 2,
        Cloth = 4,
        Object = 8,
    }

    public enum Status
    {
        Ok = 0,
        Pending = 1,
        Idle = 2,
        ErrArgument = -101,
        ErrAbi = -102,
        ErrQueueFull = -103,
        ErrCanceled = -104,
        ErrNomem = -201,
        ErrSystem = -202,
        ErrFile = -203,
        ErrImageFormat = -301,
        ErrImageDamaged = -302,
        ErrImageBytes = -303,
        ErrImageSide = -304,
        ErrImageAspect = -305,
        ErrImageBase64 = -306,
        ErrImageUrl = -307,
        ErrResolve = -401,
        ErrConnect = -402,
        ErrTls = -403,
        ErrTimeout = -404,
        ErrTransfer = -405,
        ErrAuth = -501,
        ErrAccount = -502,
        ErrRateLimit = -503,
        ErrRefused = -504,
        ErrServer = -505,
        ErrResponse = -601,
        ErrResponseBytes = -602,
    }

    public enum Delivery
    {
        NotSent = 0,
        Unsure = 1,
        Answered = 2,
    }

    public enum Finality
    {
        Open = 0,
        InDoubt = 1,
        Final = 2,
    }

    /// <summary>The fields of klingrec_stats.</summary>
    public sealed class Stats
    {
        public readonly ulong Submitted;
        public readonly ulong Succeeded;
        public readonly ulong Canceled;
        public readonly ulong Failed;
        public readonly ulong Answered;
        public readonly ulong Unsure;
        public readonly ulong Attempts;
        public readonly ulong RetriesNetwork;
        public readonly ulong RetriesRateLimit;
        public readonly ulong RetriesServer;
        public readonly ulong BytesSent;
        public readonly ulong BytesReceived;

        internal Stats(ref C.klingrec_stats from)
        {
            Submitted = from.submitted;
            Succeeded = from.succeeded;
            Canceled = from.canceled;
            Failed = from.failed;
            Answered = from.answered;
            Unsure = from.unsure;
            Attempts = from.attempts;
            RetriesNetwork = from.retries_network;
            RetriesRateLimit = from.retries_rate_limit;
            RetriesServer = from.retries_server;
            BytesSent = from.bytes_sent;
            BytesReceived = from.bytes_received;
        }
    }

    public static class Endpoint
    {
        public const string Cometapi =
            "https://api.cometapi.com/kling/v1/videos/image-recognize";
        public const string Kling =
            "https://api-singapore.klingai.com/v1/videos/image-recognize";
    }

    internal static class C
    {
        internal const uint CLIENT_INSECURE_HTTP = 4;
        internal const uint CLIENT_NO_CHECK = 2;
        internal const uint CLIENT_RETRY_UNSURE = 1;
        internal const uint FROM_BASE64 = 4;
        internal const uint FROM_BYTES = 1;
        internal const uint FROM_FILE = 2;
        internal const uint FROM_URL = 3;
        internal const uint REQUEST_HEADER_ONLY = 1;
        internal const uint RUN_THREAD = 1;
        internal const uint VERSION_NUMBER = 256;
        internal const string VERSION_STRING = "0.1.0";

        // For klingrec_struct_size().
        internal static readonly Dictionary<uint, Type> Structs =
            new Dictionary<uint, Type> {
            {2, typeof(klingrec_request)},
            {4, typeof(klingrec_limits)},
            {5, typeof(klingrec_image_info)},
            {1, typeof(klingrec_config)},
            {8, typeof(klingrec_stats)},
        };

        [StructLayout(LayoutKind.Sequential)]
        internal struct klingrec_request
        {
            public UIntPtr size;
            public IntPtr data;
            public UIntPtr len;
            public IntPtr user_data;
            public IntPtr release;
            public IntPtr release_user;
            public uint from;
            public uint deadline_ms;
            public uint flags;
            public uint reserved;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct klingrec_limits
        {
            public UIntPtr size;
            public UIntPtr max_bytes;
            public uint min_side;
            public uint max_aspect_milli;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct klingrec_image_info
        {
            public UIntPtr size;
            public UIntPtr bytes;
            public UIntPtr where;
            public uint format;
            public uint width;
            public uint height;
            public uint orientation;
            public uint broken_rules;
            public uint edge_rules;
            public uint detail;
            public int system_error;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct klingrec_config
        {
            public UIntPtr size;
            public IntPtr endpoint;
            public IntPtr api_key;
            public IntPtr user_agent;
            public IntPtr proxy;
            public IntPtr ca_file;
            public IntPtr ca_pem;
            public IntPtr limits;
            public IntPtr transport;
            public IntPtr token;
            public IntPtr token_user;
            public IntPtr alloc;
            public IntPtr alloc_user;
            public IntPtr log;
            public IntPtr log_user;
            public IntPtr wakeup;
            public IntPtr wakeup_user;
            public IntPtr admit;
            public IntPtr admit_user;
            public IntPtr thread_start;
            public IntPtr thread_start_user;
            public uint log_level;
            public uint run;
            public uint max_in_flight;
            public uint max_queued;
            public uint max_per_minute;
            public uint max_attempts;
            public uint connect_timeout_ms;
            public uint attempt_timeout_ms;
            public uint deadline_ms;
            public uint flags;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct klingrec_stats
        {
            public UIntPtr size;
            public ulong submitted;
            public ulong succeeded;
            public ulong canceled;
            public ulong failed;
            public ulong answered;
            public ulong unsure;
            public ulong attempts;
            public ulong retries_network;
            public ulong retries_rate_limit;
            public ulong retries_server;
            public ulong bytes_sent;
            public ulong bytes_received;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct klingrec_region
        {
            public IntPtr name;
            public IntPtr url;
            public uint kind;
            public uint contained;
        }

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern uint klingrec_version();

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_version_string();

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_status_string(
            int p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_status_name(
            int p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_check(
            ref klingrec_request p0, IntPtr p1, ref klingrec_image_info p2);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern UIntPtr klingrec_image_explain(
            ref klingrec_image_info p0, IntPtr p1, byte[] p2, UIntPtr p3);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_client_new(
            ref klingrec_config p0, byte[] p1, UIntPtr p2, out ClientHandle p3);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void klingrec_client_free(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_client_stats(
            ClientHandle p0, ref klingrec_stats p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_result_status(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_result_message(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern ulong klingrec_result_job(
            IntPtr p0);

        [return: MarshalAs(UnmanagedType.I1)]
        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern bool klingrec_result_contains(
            IntPtr p0, uint p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern UIntPtr klingrec_result_region_count(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_result_region(
            IntPtr p0, UIntPtr p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_result_image(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_result_request_id(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_result_units(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_result_http_status(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_result_service_code(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_result_code_text(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_result_service_message(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern uint klingrec_result_attempts(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern uint klingrec_result_elapsed_ms(
            IntPtr p0, uint p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern uint klingrec_result_retry_after_ms(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern IntPtr klingrec_result_body(
            IntPtr p0, out UIntPtr p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_result_delivery(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_result_finality(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern void klingrec_result_free(
            IntPtr p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_submit(
            ClientHandle p0, ref klingrec_request p1, out ulong p2);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_cancel(
            ClientHandle p0, ulong p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_cancel_waiting(
            ClientHandle p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_wait(
            ClientHandle p0, int p1, out IntPtr p2);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_warm_up(
            ClientHandle p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_shutdown(
            ClientHandle p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern UIntPtr klingrec_struct_size(
            uint p0);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_config_init(
            ref klingrec_config p0, UIntPtr p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_request_init(
            ref klingrec_request p0, UIntPtr p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_limits_init(
            ref klingrec_limits p0, UIntPtr p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_image_info_init(
            ref klingrec_image_info p0, UIntPtr p1);

        [DllImport(Library.Name, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int klingrec_stats_init(
            ref klingrec_stats p0, UIntPtr p1);
    }
}
